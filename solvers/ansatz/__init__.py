"""Samplers of hardware-efficient circuits: VQE and Pauli correlation encoding."""
