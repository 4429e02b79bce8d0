"""What people and programs see of a node: a status page, the same as JSON, metrics, targets, how healthy it is."""

from gma_twisted.console.root import Console

__all__ = ["Console"]
