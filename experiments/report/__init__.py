"""What rows of sweeps say: metrics, tests, plots, and the page that tells them."""
