"""Observers: in order, within the turn, whatever one of them does."""

from collections.abc import Awaitable

from gma_twisted.errors import Busy
from gma_twisted.model import Subscribe, SubscriptionChanges, Unsubscribe
from gma_twisted.testing.subscriptions.model import makeSubscription
from gma_twisted.testing.subscriptions.stand import SubscriptionStand

__all__ = ["ObservingContract"]


class ObservingContract(SubscriptionStand):
    """Who is told what, and when."""

    def test_observersInOrder(self) -> None:
        """Every observer hears every commit in order, after it can be read."""
        seen: list[tuple[str, bool]] = []

        def observe(changes: SubscriptionChanges) -> None:
            id = changes.begun[0].id
            seen.append((id, self.store.get(id) is changes.begun[0]))

        self.store.observe(observe)
        for id in "123":
            self.commit(Subscribe(makeSubscription(id)))
        self.assertEqual(seen, [("1", True), ("2", True), ("3", True)])
        self.assertEqual([row.id for _, row in self.events()], list("123"))

    def test_failingObserver(self) -> None:
        """An observer that fails is logged; the commit is done, and the others hear of it."""

        def fail(changes: SubscriptionChanges) -> None:
            raise ZeroDivisionError

        later: list[SubscriptionChanges] = []
        self.store.observe(fail)
        self.store.observe(later.append)
        changes = self.commit(Subscribe(makeSubscription()))
        self.assertEqual(later, [changes])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_observationEnds(self) -> None:
        """Who ends an observation hears no more; ending it again is no error, and others go on."""
        heard: list[SubscriptionChanges] = []
        end = self.store.observe(heard.append)
        self.commit(Subscribe(makeSubscription()))
        end()
        end()
        self.commit(Unsubscribe("s1"))
        self.assertEqual((len(heard), len(self.heard)), (1, 2))

    def test_commitOfObserver(self) -> None:
        """A commit made while observers are told comes after it for every observer."""
        answers: list[Awaitable[SubscriptionChanges]] = []

        def follow(changes: SubscriptionChanges) -> None:
            if len(answers) < 3:
                row = makeSubscription(str(len(answers)))
                answers.append(self.store.commit([Subscribe(row)]))

        late: list[str] = []
        self.store.observe(follow)
        self.store.observe(lambda changes: late.append(changes.begun[0].id))
        self.commit(Subscribe(makeSubscription("first")))
        self.commit()
        self.assertEqual(late, ["first", "0", "1", "2"])
        self.assertEqual([self.result(answer) for answer in answers], self.heard[1:])

    def test_stop(self) -> None:
        """A stopped store reads on, exactly, and refuses commits as Busy; stopping it again does nothing."""
        row = makeSubscription(until=2.0)
        self.commit(Subscribe(row))
        self.result(self.store.stop())
        self.result(self.store.stop())
        self.assertEqual(self.time.getDelayedCalls(), [])
        self.refused(Busy, Subscribe(makeSubscription("s2")))
        self.assertEqual((self.store.get("s1"), self.ids()), (row, ["s1"]))
        self.time.advance(2.0)
        self.assertEqual((self.store.get("s1"), self.ids()), (None, []))
