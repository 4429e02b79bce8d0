"""Other rules end what callers may not have any more."""

import re
from collections.abc import Mapping
from typing import Any

from gma_twisted.model import Access
from gma_twisted.nodes import INDEX, REGISTRY, NodeKind
from gma_twisted.nodes.entitlement import _BATCH, isEntitled
from gma_twisted.nodes.kind import (
    ARCHIVER,
    CONSUMER,
    DIRECTORY_PATH,
    FILTER,
    PRODUCER,
    REPUBLISHER,
    SUMMARISER,
)
from gma_twisted.security import AccessPolicy, AccessRule
from gma_twisted.security.policy import EVERYBODY
from gma_twisted.soap.porttypes import NOTIFICATION_SOURCE
from tests.nodes.accessing import (
    ALLOWED,
    ANYBODYS,
    OPERATIONS,
    OWN_CLASSES,
    argumentsOf,
    configurationOf,
    httpRequest,
    operationAt,
)
from tests.nodes.test_access import AccessCase

SINK = "http://127.0.0.1:9/services/consumer"


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


class EventEntitlementTests(AccessCase):
    """Nodes where two have subscribed to events, or watch, and one may not any more."""

    def begun(self, path: str, name: str = "subscribe") -> list[int]:
        """Both ask for something. @return: the ids of what they have"""
        ids = []
        for number, role in enumerate(("subscriber", "peer"), 5):
            asked = dict(argumentsOf(operationAt(path, name))) | {"callerId": number}
            for part in {"dataUrl", "consumer"} & asked.keys():
                asked[part] = SINK
            answer = self.call(role, path, name, asked)
            found = re.search(rb"(?:producer|consumer|watch)Id>(\d+)<", answer)
            assert found is not None, answer
            ids.append(int(found[1]))
        return ids

    def change(self) -> None:
        """The first of them may not any more."""
        self.made.configuration = configurationOf(
            _without("subscriber", Access.SUBSCRIBE), more=OWN_CLASSES
        )
        self.assertIn(
            b"access changed", self.ask(httpRequest(ANYBODYS, "/-/reload", method="POST"))
        )

    def areEnded(self, path: str, ids: list[int], end: str = "unsubscribe") -> list[bool]:
        """Which of them is over."""
        (part,) = argumentsOf(operationAt(path, end))
        return [b"Bad id" in self.call(ANYBODYS, path, end, {part: id}) for id in ids]

    def check(self, kind: NodeKind, path: str, name: str, end: str) -> None:
        """What that one has is ended, and what the other has goes on."""
        self.node(kind)
        ids = self.begun(path, name)
        self.change()
        self.assertEqual(self.areEnded(path, ids, end), [True, False])

    def checkBoth(self, kind: NodeKind) -> None:
        """The same at both services of one node at once."""
        self.node(kind)
        producing, consuming = self.begun(PRODUCER.path), self.begun(CONSUMER.path)
        self.change()
        self.assertEqual(self.areEnded(PRODUCER.path, producing), [True, False])
        self.assertEqual(self.areEnded(CONSUMER.path, consuming), [True, False])

    def test_archiver(self) -> None:
        """Of events an archiver has, and to bring it some."""
        self.checkBoth(ARCHIVER)

    def test_filter(self) -> None:
        """The same of a filter."""
        self.checkBoth(FILTER)

    def test_summariser(self) -> None:
        """The same of a summariser."""
        self.checkBoth(SUMMARISER)

    def test_republisher(self) -> None:
        """The same of a republisher."""
        self.checkBoth(REPUBLISHER)

    def test_producer(self) -> None:
        """Of events of a producer."""
        self.check(PRODUCER, PRODUCER.path, "subscribe", "unsubscribe")

    def test_consumer(self) -> None:
        """To bring a consumer events."""
        self.check(CONSUMER, CONSUMER.path, "subscribe", "unsubscribe")

    def test_directory(self) -> None:
        """For what changes in a directory."""
        self.check(REGISTRY, DIRECTORY_PATH, "watch", "unwatch")
