"""Exact expectation values of shallow QAOA on sparse graphs of any size."""

from .cones import CouplingGraph
from .contract import engine_name
from .engine import LightCones, values_of
from .plan import ConeCost, Known, Limits, plan_of

__all__ = ["ConeCost", "CouplingGraph", "Known", "Limits", "LightCones", "engine_name", "plan_of", "values_of"]
