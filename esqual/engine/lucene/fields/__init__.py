"""Field types: one file per family; ``base.py`` is what they have in common."""
