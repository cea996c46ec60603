"""Music as data, and the model: score, tokens, decoder, training."""
