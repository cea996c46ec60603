"""What stands before the model for each task: what is given, what is to be written, within which limits."""
