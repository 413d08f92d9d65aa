"""SciPy's sparse matrices without f2py, which its copy of NumPy's names imports: a twentieth of a small run."""

from .deferred import deferred

with deferred("numpy.f2py"):
    import scipy.sparse

__all__ = ["scipy"]
