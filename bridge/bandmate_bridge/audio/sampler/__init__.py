"""Soundfonts played as their standard says: regions of samples, voices that sound them, whole notes."""
