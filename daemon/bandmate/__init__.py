"""Bandmate: a bandmate that lives in your DAW."""

__version__ = "0.1.0"
