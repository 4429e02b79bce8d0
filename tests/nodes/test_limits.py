"""[limits] and the engines it bounds."""

from typing import Any

import attrs
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client import Membership
from gma_twisted.configuration import (
    LimitsSection,
    ProviderSection,
    RegisterSection,
    RegistrySection,
)
from gma_twisted.execution import DEFAULT_GRACE, DEFAULT_TIMEOUT, MIN_INTERVAL
from gma_twisted.hosting.instances import FactoryLimits
from gma_twisted.markup import XMLLimits
from gma_twisted.model import Handle
from gma_twisted.queries import NameQueryLimits
from gma_twisted.registration import GrantLimits
from gma_twisted.stores import StoreLimits
from gma_twisted.stores.registry import RegistryLimits
from gma_twisted.timing import NodeClock, Tombstones
from gma_twisted.transport import GateLimits


class LimitsTests(SynchronousTestCase):
    """Every bound can be configured, and the defaults are the engines' own."""

    def check(self, engine: str, limits: Any) -> None:
        """Names and defaults agree."""
        self.assertEqual(LimitsSection().of(engine), attrs.asdict(limits))

    def test_gate(self) -> None:
        """The Gate's."""
        self.check("gate", GateLimits())

    def test_xml(self) -> None:
        """The XML gate's."""
        self.check("xml", XMLLimits())

    def test_store(self) -> None:
        """The store's."""
        self.check("store", StoreLimits())

    def test_registry(self) -> None:
        """The registry's, and its lifetimes under [registry]."""
        self.check("registry", RegistryLimits())
        section = RegistrySection()
        self.assertEqual(
            GrantLimits(section.minLifetime, section.defaultLifetime, section.maxLifetime),
            GrantLimits(),
        )

    def test_tombstones(self) -> None:
        """Those of its entries."""
        stones: Tombstones[None] = Tombstones(NodeClock(Clock()))
        self.assertEqual(LimitsSection().of("tombstones"), {"most": stones.most})
        self.assertEqual(RegistrySection().tombstones, stones.seconds)

    def test_register(self) -> None:
        """What is asked of a registry elsewhere."""
        handle = Handle("http://vo/r")
        asked = Membership(handle, handle)
        self.assertEqual(RegisterSection(handle).lifetime, asked.lifetime)

    def test_factory(self) -> None:
        """The Factory's."""
        self.check("factory", FactoryLimits())

    def test_query(self) -> None:
        """The name queries'."""
        self.check("query", NameQueryLimits())

    def test_providers(self) -> None:
        """A provider's time limit and grace."""
        section = ProviderSection(implementation="m:C", interval=MIN_INTERVAL)
        self.assertEqual((section.timeout, section.grace), (DEFAULT_TIMEOUT, DEFAULT_GRACE))
        self.assertEqual(list(section.mistakes()), [])
