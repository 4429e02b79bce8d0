"""Where service data is kept: the memory store, and the parts a durable one is made of."""

from gma_twisted.stores.commits import CommitLine
from gma_twisted.stores.decision import Decision, decide
from gma_twisted.stores.few import FewValues
from gma_twisted.stores.limits import StoreLimits
from gma_twisted.stores.memory import MemoryStore
from gma_twisted.stores.publishing import Observers
from gma_twisted.stores.table import ElementTable

__all__ = [
    "CommitLine",
    "Decision",
    "ElementTable",
    "FewValues",
    "MemoryStore",
    "Observers",
    "StoreLimits",
    "decide",
]
