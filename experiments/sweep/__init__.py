"""Sweeps: a YAML spec becomes a matrix of runs, the runs become rows of an append-only store."""
