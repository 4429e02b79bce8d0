"""The public test kit: what every implementation of an interface promises, as tests to mix in."""

from gma_twisted.testing.providers import HandlerContract, ProviderContract

__all__ = ["HandlerContract", "ProviderContract"]
