"""Exact expectation values of shallow QAOA on sparse graphs of any size."""

from .cones import CouplingGraph
from .contract import engine_name
from .engine import LightCones
from .plan import ConeCost

__all__ = ["ConeCost", "CouplingGraph", "LightCones", "engine_name"]
