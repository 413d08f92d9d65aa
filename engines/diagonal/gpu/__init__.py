"""The exact engine on NVIDIA cards: the circuits of the compiled engine as CUDA C kernels, compiled at first use."""
