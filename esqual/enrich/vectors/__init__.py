"""Vectors of a text: one kind, several encoders chosen by name in the mapping file."""
