"""A comparison rendered: one module a format, each a function from values to text."""
