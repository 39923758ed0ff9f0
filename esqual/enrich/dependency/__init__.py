"""Dependency pairs: what a sentence says about what, from GiNZA's parse."""
