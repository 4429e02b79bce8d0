"""C{[limits]}: every bound of the engines under one roof, those of an engine together (ARCHITECTURE rule 5)."""

from gma_twisted.configuration.limits.section import LimitsSection

__all__ = ["LimitsSection"]
