"""The live band in a terminal: seen and led on a screen, or as a line a bar."""
