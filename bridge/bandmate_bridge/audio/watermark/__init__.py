"""A keyed mark that is not heard: put into the sound of a take, and found again in what became of it."""
