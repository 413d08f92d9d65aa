"""Where a circuit runs: simulators, noise models and devices, and how their results are read."""
