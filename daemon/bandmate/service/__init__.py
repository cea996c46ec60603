"""The daemon from login on: what each system starts by itself, written, started, looked at and taken away."""
