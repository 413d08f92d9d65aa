"""Bulk annealing on an NVIDIA card: replicas by thousands, in CUDA C kernels that CuPy compiles at first use."""
