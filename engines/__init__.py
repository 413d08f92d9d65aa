"""Compiled cores behind one call each, with NumPy references."""
