"""Decomposition: an encoder whose rounds keep all but a neighbourhood of the incumbent fixed."""

from .choose import Chooser
from .encoder import Neighbourhood, Starting

__all__ = ["Chooser", "Neighbourhood", "Starting"]
