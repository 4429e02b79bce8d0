"""The public test kit: what every implementation of an interface promises, as tests to mix in."""

from gma_twisted.testing.grid import GridNode, MemoryGrid
from gma_twisted.testing.gridindex import Content, GridIndex, GridLife
from gma_twisted.testing.providers import HandlerContract, ProviderContract
from gma_twisted.testing.queries import QueryLanguageContract
from gma_twisted.testing.stores import StoreContract
from gma_twisted.testing.transport import ScriptedExchange, TransportContract

__all__ = [
    "Content",
    "GridIndex",
    "GridLife",
    "GridNode",
    "HandlerContract",
    "MemoryGrid",
    "ProviderContract",
    "QueryLanguageContract",
    "ScriptedExchange",
    "StoreContract",
    "TransportContract",
]
