"""Engines: compiled cores with a NumPy reference, each behind one call; they know no encoder and no solver."""
