"""Parts made into a mix: equaliser, compressor, room, placement, loudness and limiter, in numpy alone."""
