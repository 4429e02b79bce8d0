"""Where the slices of an engine come from: streams share them."""

from gma_twisted.timing.slices import Slices

__all__ = ["Slices"]
