"""Classical samplers of a QUBO: annealing, tabu, enumeration, uniform points, and any dimod sampler."""
