"""Adaptive graph shrinking: merge correlated bits of any encoder's QUBO until it fits, expand the answer."""

from . import encoder, qaoa, sampled, sources
from .correlations import Correlations, CorrelationSource, Task
from .encoder import Shrink

__all__ = ["Correlations", "CorrelationSource", "Shrink", "Task", "encoder", "qaoa", "sampled", "sources"]
