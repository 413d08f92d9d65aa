"""Seeded generators: one file a kind, keyword sizes with their meaning in the docstring; importing registers them."""
