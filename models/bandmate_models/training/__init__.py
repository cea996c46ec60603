"""Training the model: the only part that needs torch."""
