"""Twins: small models that differ in one thing, on the same notes of the same pieces."""
