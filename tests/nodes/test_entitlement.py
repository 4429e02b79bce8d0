"""Other rules end what callers may not have any more."""

from collections.abc import Mapping
from typing import Any

from gma_twisted.model import Access
from gma_twisted.nodes import INDEX
from gma_twisted.nodes.entitlement import _BATCH, isEntitled
from gma_twisted.security import AccessPolicy, AccessRule
from gma_twisted.security.policy import EVERYBODY
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from tests.nodes.accessing import (
    ALLOWED,
    ANYBODYS,
    OPERATIONS,
    argumentsOf,
    configurationOf,
    httpRequest,
)
from tests.nodes.test_access import AccessCase


def _without(role: str, *classes: Access) -> Mapping[Access, frozenset[str]]:
    """The rules as they are, but for one role and these classes."""
    return {one: those - {role} if one in classes else those for one, those in ALLOWED.items()}


class EntitlementTests(AccessCase):
    """A node whose rules change."""

    def setUp(self) -> None:
        """A gma-index where two have subscribed and one copies."""
        super().setUp()
        self.node(INDEX)
        self.subscriptions = {one: self.subscription(one) for one in ("subscriber", "peer")}
        self.copy("publisher")

    def copy(self, role: str) -> bytes:
        """Ask for a copy."""
        asked: dict[str, Any] = dict(argumentsOf(OPERATIONS["addSubscription"]))
        answer = self.call(role, INDEX.path, "addSubscription", asked)
        self.assertIn(b"addSubscriptionResponse", answer)
        return answer

    def copies(self) -> int:
        """How many there are."""
        return self.call(ANYBODYS, INDEX.path, "listSubscriptions").count(b"subscriptionId>") // 2

    def areThere(self) -> list[str]:
        """Whose subscriptions still are."""
        found = []
        for role, path in self.subscriptions.items():
            asked = self.call(ANYBODYS, path, "requestTerminationAfter")
            if b"requestTerminationAfterResponse" in asked:
                found.append(role)
        return found

    def change(self, allowed: Mapping[Access, frozenset[str]]) -> None:
        """Other rules."""
        self.made.configuration = configurationOf(allowed)
        answer = self.ask(httpRequest(ANYBODYS, "/-/reload", method="POST"))
        self.assertIn(b"access changed", answer)

    def test_same(self) -> None:
        """What is still allowed goes on."""
        self.assertEqual((self.areThere(), self.copies()), (["subscriber", "peer"], 1))
        self.change(_without("stranger", Access.SUBSCRIBE))
        self.assertEqual((self.areThere(), self.copies()), (["subscriber", "peer"], 1))

    def test_class(self) -> None:
        """Who may not subscribe any more has no subscription, nor a copy who may not aggregate."""
        self.change(_without("subscriber", Access.SUBSCRIBE))
        self.assertEqual((self.areThere(), self.copies()), (["peer"], 1))
        self.change(_without("publisher", Access.AGGREGATE))
        self.assertEqual(self.copies(), 0)

    def test_reading(self) -> None:
        """Who may not read any more has nothing brought."""
        self.change(_without("subscriber", Access.READ))
        self.assertEqual(self.areThere(), ["peer"])

    def test_many(self) -> None:
        """However many there are, in batches."""
        more = [self.subscription("stranger") for _ in range(_BATCH + 3)]
        self.change(_without("stranger", Access.SUBSCRIBE))
        self.subscriptions |= {f"stranger {number}": one for number, one in enumerate(more)}
        self.assertEqual(self.areThere(), ["subscriber", "peer"])

    def test_identity(self) -> None:
        """Nor has anything who is no identity any more, whatever everybody may."""
        policy = AccessPolicy(
            [
                AccessRule(
                    "all",
                    (EVERYBODY, "anonymous"),
                    (Access.READ, Access.SUBSCRIBE),
                )
            ],
            {"bob": ()},
        )
        operations = [one for one in NOTIFICATION_SOURCE.operations if one.name == "subscribe"]
        for owner, wanted in (("bob", True), ("carol", False), ("anonymous@192.0.2.1", True)):
            self.assertEqual(isEntitled(policy, owner, operations, "/services/x"), wanted, owner)
