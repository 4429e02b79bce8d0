"""What people and programs see of a node: a status page, the same as JSON, metrics, targets, how healthy it is."""

from gma_twisted.console.root import PAGES, Console

__all__ = ["PAGES", "Console"]
