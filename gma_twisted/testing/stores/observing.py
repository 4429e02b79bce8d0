"""Observers: in order, within the turn, whatever one of them does."""

from collections.abc import Awaitable

from gma_twisted.errors import Busy
from gma_twisted.model import (
    Added,
    Changes,
    Declare,
    Lifetime,
    Put,
    Remove,
    Removed,
)
from gma_twisted.testing.storemodel import makeElement
from gma_twisted.testing.stores.stand import ONE, TWO, StoreStand

__all__ = ["ObservingContract"]


class ObservingContract(StoreStand):
    """Who is told what, and when."""

    def test_observersInOrder(self) -> None:
        """Every observer hears every commit in order, after it can be read."""
        seen: list[tuple[str, bool]] = []

        def observe(changes: Changes) -> None:
            key = changes.changes[0].key
            seen.append((key.key, self.store.get(key) is not None))

        self.store.observe(observe)
        for key in "123":
            self.commit(Put(makeElement(key=key)))
        self.assertEqual(seen, [("1", True), ("2", True), ("3", True)])
        self.assertEqual([changes.changes[0].key.key for changes in self.heard], list("123"))

    def test_failingObserver(self) -> None:
        """An observer that fails is logged; the commit is done, and the others hear of it."""

        def fail(changes: Changes) -> None:
            raise ZeroDivisionError

        later: list[Changes] = []
        self.store.observe(fail)
        self.store.observe(later.append)
        changes = self.commit(Put(makeElement()))
        self.assertEqual(later, [changes])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_observationEnds(self) -> None:
        """Who ends an observation hears no more; ending it again is no error, and others go on."""
        heard: list[Changes] = []
        end = self.store.observe(heard.append)
        self.commit(Put(makeElement()))
        end()
        end()
        self.commit(Remove(makeElement().key))
        self.assertEqual((len(heard), len(self.heard)), (1, 2))

    def test_commitOfObserver(self) -> None:
        """A commit made while observers are told comes after it for every observer."""
        answers: list[Awaitable[Changes]] = []

        def follow(changes: Changes) -> None:
            if len(answers) < 3:
                answers.append(self.store.commit([Put(makeElement(key=str(len(answers))))]))

        late: list[str] = []
        self.store.observe(follow)
        self.store.observe(lambda changes: late.append(changes.changes[0].key.key))
        self.commit(Put(makeElement(key="first")))
        self.result(self.store.sync())
        self.assertEqual(late, ["first", "0", "1", "2"])
        revisions = [self.result(answer).revision for answer in answers]
        self.assertEqual(revisions, [changes.revision for changes in self.heard[1:]])

    def test_reset(self) -> None:
        """After a reset the given values are the only ones; observers hear the difference; names stay declared."""
        same, old, new = (makeElement(key=key) for key in ("same", "old", "new"))
        self.commit(Put(same), Put(old), Declare([TWO]))
        changes = self.result(self.store.reset(iter([same, new])))
        self.assertEqual(list(changes.changes), [Added(new), Removed(old)])
        self.assertEqual(self.heard[-1], changes)
        self.assertEqual(list(self.store.names()), [ONE, TWO])

    def test_stop(self) -> None:
        """A stopped store reads on, exactly, and refuses commits as Busy."""
        element = makeElement(lifetime=Lifetime(0.0, 1.0, 2.0))
        self.commit(Put(element))
        self.result(self.store.stop())
        self.assertEqual(self.time.getDelayedCalls(), [])
        self.refused(Busy, Put(makeElement(key="2")))
        self.assertEqual(self.store.get(element.key), element)
        self.time.advance(2.0)
        self.assertIsNone(self.store.get(element.key))
