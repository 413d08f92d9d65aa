"""Which solver for the next instance: features, a forest of log times and failures, a greedy schedule, and its use."""
