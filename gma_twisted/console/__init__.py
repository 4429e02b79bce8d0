"""What people and simple programs see of a node: a status page, the same as JSON, and whether it is healthy."""

from gma_twisted.console.root import Console

__all__ = ["Console"]
