"""When would a quantum machine win: rates, resources, query counts, and measured sweeps."""
