"""Quantum random access optimization: several variables a qubit, relaxed and rounded."""
