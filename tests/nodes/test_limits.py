"""[limits] and the engines it bounds."""

from typing import Any

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import LimitsSection, ProviderSection
from gma_twisted.execution import DEFAULT_GRACE, DEFAULT_TIMEOUT, MIN_INTERVAL
from gma_twisted.markup import XMLLimits
from gma_twisted.queries import NameQueryLimits
from gma_twisted.stores import StoreLimits
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

    def test_query(self) -> None:
        """The name queries'."""
        self.check("query", NameQueryLimits())

    def test_providers(self) -> None:
        """A provider's time limit and grace."""
        section = ProviderSection(implementation="m:C", interval=MIN_INTERVAL)
        self.assertEqual((section.timeout, section.grace), (DEFAULT_TIMEOUT, DEFAULT_GRACE))
        self.assertEqual(list(section.mistakes()), [])
