"""Observers: in order, within the turn, whatever one of them does."""

from collections.abc import Awaitable

from gma_twisted.errors import Busy
from gma_twisted.model import (
    End,
    Ended,
    Keep,
    Kept,
    RegistryChanges,
    Renewed,
    Updated,
)
from gma_twisted.testing.registry.model import makeRegistration
from gma_twisted.testing.registry.stand import RegistryStand

__all__ = ["ObservingContract"]


class ObservingContract(RegistryStand):
    """Who is told what, and when."""

    def test_observersInOrder(self) -> None:
        """Every observer hears every commit in order, after it can be read."""
        seen: list[tuple[str, bool]] = []

        def observe(changes: RegistryChanges) -> None:
            entry = changes.changes[0].row.entry
            seen.append((entry, self.store.get(entry) is not None))

        self.store.observe(observe)
        for number in "123":
            self.commit(Keep(makeRegistration(number, f"http://{number}/")))
        self.assertEqual(seen, [("1", True), ("2", True), ("3", True)])
        self.assertEqual([change.row.entry for change in self.changes()], list("123"))

    def test_failingObserver(self) -> None:
        """An observer that fails is logged; the commit is done, and the others hear of it."""

        def fail(changes: RegistryChanges) -> None:
            raise ZeroDivisionError

        later: list[RegistryChanges] = []
        self.store.observe(fail)
        self.store.observe(later.append)
        changes = self.commit(Keep(makeRegistration()))
        self.assertEqual(later, [changes])
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)

    def test_observationEnds(self) -> None:
        """Who ends an observation hears no more; ending it again is no error, and others go on."""
        heard: list[RegistryChanges] = []
        end = self.store.observe(heard.append)
        self.commit(Keep(makeRegistration()))
        end()
        end()
        self.commit(End("e1"))
        self.assertEqual((len(heard), len(self.heard)), (1, 2))

    def test_commitOfObserver(self) -> None:
        """A commit made while observers are told comes after it for every observer."""
        answers: list[Awaitable[RegistryChanges]] = []

        def follow(changes: RegistryChanges) -> None:
            if len(answers) < 3:
                row = makeRegistration(str(len(answers)), f"http://{len(answers)}/")
                answers.append(self.store.commit([Keep(row)]))

        late: list[str] = []
        self.store.observe(follow)
        self.store.observe(lambda changes: late.append(changes.changes[0].row.entry))
        self.commit(Keep(makeRegistration("first")))
        self.result(self.store.sync())
        revisions = [self.result(answer).revision for answer in answers]
        self.assertEqual(late, ["first", "0", "1", "2"])
        self.assertEqual(revisions, [changes.revision for changes in self.heard[1:]])

    def test_reset(self) -> None:
        """After a reset the given rows are the only ones, and observers hear the difference."""
        names = ("same", "renewed", "updated", "old")
        rows = {name: makeRegistration(name, f"http://{name}/", until=50.0) for name in names}
        self.commit(*[Keep(row) for row in rows.values()])
        renewed = makeRegistration("renewed", "http://renewed/", until=60.0)
        updated = makeRegistration("updated", "http://updated/", content=b"<d/>")
        new = makeRegistration("new", "http://new/")
        over = makeRegistration("over", "http://over/", until=0.0)
        changes = self.result(self.store.reset(iter([new, updated, renewed, over, rows["same"]])))
        self.assertEqual(
            {change.row.entry: change for change in changes.changes},
            {
                "new": Kept(new),
                "renewed": Renewed(renewed, 50.0),
                "updated": Updated(updated, rows["updated"]),
                "old": Ended(rows["old"]),
            },
        )
        self.assertEqual(self.heard[-1], changes)
        self.assertEqual(self.ids(), ["same", "renewed", "updated", "new"])

    def test_resetToOthers(self) -> None:
        """A reset may give an entry another owner and member: it is found as that, and as the other no more."""
        self.commit(Keep(makeRegistration(until=5.0)), Keep(makeRegistration("e2", "http://b/")))
        moved = makeRegistration("e1", "http://b/", "bob", until=9.0)
        self.result(self.store.reset([moved, makeRegistration("e2", "http://b/")]))
        self.assertEqual(list(self.store.ofMember("http://a/")), [])
        self.assertEqual({row.entry for row in self.store.ofMember("http://b/")}, {"e1", "e2"})
        self.commit(Keep(makeRegistration("e3", until=50.0)))
        self.assertEqual(self.store.get("e1"), moved)
        self.time.advance(9.0)
        self.sweep()
        self.assertEqual(self.changes()[-1], Ended(moved, expired=True))

    def test_stop(self) -> None:
        """A stopped store reads on, exactly, and refuses commits as Busy."""
        row = makeRegistration(until=2.0)
        self.commit(Keep(row))
        self.result(self.store.stop())
        self.assertEqual(self.time.getDelayedCalls(), [])
        self.refused(Busy, Keep(makeRegistration("e2", "http://b/")))
        self.assertEqual(self.store.get("e1"), row)
        self.time.advance(2.0)
        self.assertIsNone(self.store.get("e1"))
