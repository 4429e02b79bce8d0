"""Commits: what each command does, all or none."""

import math

import attrs
from zope.interface.verify import verifyObject

from gma_twisted.errors import ParameterError, TooLarge
from gma_twisted.interfaces import ISubscriptionStore
from gma_twisted.model import (
    MoveSubscription,
    Subscribe,
    SubscriptionChanges,
    Unsubscribe,
)
from gma_twisted.testing.subscriptions.model import makeAsking, makeSubscription
from gma_twisted.testing.subscriptions.stand import SubscriptionStand

__all__ = ["CommitContract"]


class CommitContract(SubscriptionStand):
    """What a commit changes, answers and tells."""

    def test_interface(self) -> None:
        """It provides C{ISubscriptionStore}."""
        verifyObject(ISubscriptionStore, self.store)

    def test_subscribe(self) -> None:
        """What was subscribed is read by id and in order, told as begun, and is the answer."""
        rows = [makeSubscription("s2"), makeSubscription("s1", names=(), wantsChanges=False)]
        changes = self.commit(*map(Subscribe, rows))
        self.assertEqual((list(changes.begun), changes.expired), (rows, False))
        self.assertEqual((list(changes.moved), list(changes.ended)), ([], []))
        self.assertEqual([self.store.get("s1"), self.store.get("s2")], rows[::-1])
        self.assertIsNone(self.store.get("s3"))
        self.assertEqual(list(self.store.all()), rows)
        self.assertEqual(self.heard, [changes])

    def test_knownId(self) -> None:
        """A known id is refused, whoever has it; one that ended may come again, as the youngest."""
        row = makeSubscription()
        self.commit(Subscribe(row), Subscribe(makeSubscription("s2")))
        again = makeSubscription(owner="bob")
        self.refused(ParameterError, Subscribe(again))
        self.refused(ParameterError, Unsubscribe("s1"), Subscribe(again))
        self.refused(ParameterError, Subscribe(makeSubscription("s3")), Subscribe(row))
        self.refused(ParameterError, *[Subscribe(makeSubscription("s3"))] * 2)
        self.assertEqual(list(self.commit(Unsubscribe("s1")).ended), [row])
        self.assertEqual(list(self.commit(Subscribe(again)).begun), [again])
        self.assertEqual(self.ids(), ["s2", "s1"])

    def test_move(self) -> None:
        """Move gives another end, later or earlier, and changes nothing else, the order neither."""
        self.commit(Subscribe(makeSubscription(until=5.0)), Subscribe(makeSubscription("s2")))
        for until in (9.0, 7.0, math.inf):
            changes = self.commit(MoveSubscription("s1", until))
            row = makeSubscription(until=until)
            self.assertEqual((changes.begun, list(changes.moved), changes.ended), ([], [row], []))
            self.assertEqual(self.store.get("s1"), row)
            self.assertEqual(self.heard[-1], changes)
        self.assertEqual(self.ids(), ["s1", "s2"])

    def test_unsubscribe(self) -> None:
        """What is unsubscribed is gone, and told as it was, not as expired."""
        row = makeSubscription(until=9.0)
        self.commit(Subscribe(row), Subscribe(makeSubscription("s2")))
        changes = self.commit(Unsubscribe("s1"))
        self.assertEqual((changes.begun, changes.moved, list(changes.ended)), ([], [], [row]))
        self.assertFalse(changes.expired)
        self.assertEqual((self.store.get("s1"), self.ids()), (None, ["s2"]))

    def test_unknown(self) -> None:
        """Moving or ending what is not there, or never was, does nothing and tells nobody."""
        self.commit(Subscribe(makeSubscription()))
        self.commit(Unsubscribe("s1"))
        self.heard.clear()
        changes = self.commit(
            MoveSubscription("s1", 9.0), Unsubscribe("s1"), MoveSubscription("s2", 9.0)
        )
        self.assertEqual((changes, self.heard), (SubscriptionChanges([], [], []), []))
        self.assertEqual(self.commit(), SubscriptionChanges([], [], []))
        self.assertEqual((self.heard, self.ids()), ([], []))

    def test_severalCommands(self) -> None:
        """A commit that touches a subscription twice tells its outcome once, each kind in the order of commands."""
        self.commit(*[Subscribe(makeSubscription(id)) for id in ("s1", "s2", "s3", "s4")])
        self.heard.clear()
        changes = self.commit(
            Unsubscribe("s4"),
            MoveSubscription("s2", 7.0),
            Subscribe(makeSubscription("s5")),
            MoveSubscription("s5", 5.0),
            MoveSubscription("s3", 3.0),
            Unsubscribe("s3"),
            MoveSubscription("s1", 1.0),
            MoveSubscription("s1", 8.0),
            Subscribe(makeSubscription("s6")),
            Unsubscribe("s6"),
        )
        self.assertEqual(list(changes.begun), [makeSubscription("s5", until=5.0)])
        moved = [makeSubscription("s2", until=7.0), makeSubscription("s1", until=8.0)]
        self.assertEqual(list(changes.moved), moved)
        self.assertEqual(list(changes.ended), [makeSubscription("s4"), makeSubscription("s3")])
        self.assertEqual((self.heard, self.ids()), ([changes], ["s1", "s2", "s5"]))

    def test_allOrNone(self) -> None:
        """A commit with one command in error changes nothing and tells nobody."""
        self.commit(Subscribe(makeSubscription()))
        commands = (Subscribe(makeSubscription("s2")), MoveSubscription("s1", 9.0))
        self.refused(ParameterError, *commands, Subscribe(makeSubscription()))
        self.assertEqual(len(self.commit(*commands).moved), 1)

    def test_badRows(self) -> None:
        """A subscription without an id, with a time that is none or a peer that is no address is refused."""
        row = makeSubscription()
        self.refused(ParameterError, Subscribe(makeSubscription("")))
        for bad in (
            attrs.evolve(row, since=math.nan),
            attrs.evolve(row, peer="no address"),
            attrs.evolve(row, until=math.nan),
            attrs.evolve(row, minInterval=math.nan),
            attrs.evolve(row, maxInterval=math.nan),
        ):
            self.assertIn("s1", self.refused(ParameterError, Subscribe(bad)).message)
        self.commit(Subscribe(row))
        self.refused(ParameterError, MoveSubscription("s1", math.nan))

    def test_tooLarge(self) -> None:
        """A subscription with far too many or too long names is refused, and the error says which."""
        many = makeSubscription(names=("load",) * 10_000)
        self.assertIn("names", self.refused(TooLarge, Subscribe(many)).message)
        long = makeSubscription(names=("x" * 2**20,))
        self.assertIn("size", self.refused(TooLarge, Subscribe(long)).message)
        asking = makeAsking(text="1 + " * 2**18 + "1")
        self.assertIn("size", self.refused(TooLarge, Subscribe(asking)).message)

    def test_questions(self) -> None:
        """The answer to a question is another topic than the values it sees, and than that to another one."""
        rows = [makeAsking("s1"), makeSubscription("s2", wantsChanges=False)]
        rows += [makeAsking("s3", "//load"), makeAsking("s4")]
        self.assertEqual(list(self.commit(*map(Subscribe, rows)).begun), rows)
        kept = list(self.store.all())
        self.assertEqual(kept, rows)
        self.assertEqual(len({id(row.topic) for row in kept}), 3)
        self.assertIs(kept[0].topic, kept[3].topic)

    def test_sharedTopics(self) -> None:
        """Equal topics are one object, in what is told and in what is read, also after a move."""
        rows = [makeSubscription(f"s{number}") for number in range(3)]
        begun = [
            *self.commit(Subscribe(rows[0])).begun,
            *self.commit(*map(Subscribe, rows[1:])).begun,
        ]
        moved = self.commit(MoveSubscription("s1", 9.0)).moved
        kept = [*begun, *moved, *self.store.all()]
        self.assertEqual(len({id(row.topic) for row in kept}), 1)
        self.assertEqual(len({id(row.topic) for row in rows}), 3)
