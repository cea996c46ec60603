"""Held-out figures: bits per note of the model and of an n-gram on the same tokens."""
