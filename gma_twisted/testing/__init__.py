"""The public test kit: what every implementation of an interface promises, as tests to mix in."""

from gma_twisted.testing.fetching import FetcherContract, ScriptedFetcher
from gma_twisted.testing.gmaroles import (
    ConsumerContract,
    ProducerContract,
    RecordingPlane,
    SentEvents,
)
from gma_twisted.testing.grid import GridNode, MemoryGrid
from gma_twisted.testing.gridindex import Content, GridIndex, GridLife
from gma_twisted.testing.providers import HandlerContract, ProviderContract
from gma_twisted.testing.queries import QueryLanguageContract
from gma_twisted.testing.registry import RegistryRestartContract, RegistryStoreContract
from gma_twisted.testing.roles import Calls, RoleContract
from gma_twisted.testing.services import CreatedServiceContract
from gma_twisted.testing.stores import StoreContract
from gma_twisted.testing.subscriptions import (
    SubscriptionRestartContract,
    SubscriptionStoreContract,
)
from gma_twisted.testing.transport import ScriptedExchange, TransportContract

__all__ = [
    "Calls",
    "ConsumerContract",
    "Content",
    "CreatedServiceContract",
    "FetcherContract",
    "GridIndex",
    "GridLife",
    "GridNode",
    "HandlerContract",
    "MemoryGrid",
    "ProducerContract",
    "ProviderContract",
    "QueryLanguageContract",
    "RecordingPlane",
    "RegistryRestartContract",
    "RegistryStoreContract",
    "RoleContract",
    "ScriptedExchange",
    "ScriptedFetcher",
    "SentEvents",
    "StoreContract",
    "SubscriptionRestartContract",
    "SubscriptionStoreContract",
    "TransportContract",
]
