"""The public test kit: what every implementation of an interface promises, as tests to mix in."""

from gma_twisted.testing.providers import HandlerContract, ProviderContract
from gma_twisted.testing.queries import QueryLanguageContract
from gma_twisted.testing.stores import StoreContract

__all__ = ["HandlerContract", "ProviderContract", "QueryLanguageContract", "StoreContract"]
