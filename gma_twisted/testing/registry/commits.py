"""Commits: what each command does, all or none."""

import math

import attrs
from zope.interface.verify import verifyObject

from gma_twisted.errors import GMAError, ParameterError, TooLarge
from gma_twisted.interfaces import IRegistryStore
from gma_twisted.model import (
    End,
    Ended,
    Keep,
    Kept,
    KnownMember,
    Locator,
    Registration,
    Renew,
    Renewed,
)
from gma_twisted.testing.registry.model import makeRegistration
from gma_twisted.testing.registry.stand import RegistryStand

__all__ = ["CommitContract"]


class CommitContract(RegistryStand):
    """What a commit changes, answers and tells."""

    def test_interface(self) -> None:
        """It provides C{IRegistryStore}."""
        verifyObject(IRegistryStore, self.store)

    def test_keep(self) -> None:
        """A row that was kept is read by id, by member and in order, is told as Kept, and is the answer."""
        row = makeRegistration()
        changes = self.commit(Keep(row))
        self.assertEqual((list(changes.changes), list(changes.rows)), ([Kept(row)], [row]))
        self.assertEqual(self.store.get("e1"), row)
        self.assertEqual(list(self.store.ofMember("http://a/")), [row])
        self.assertEqual(list(self.store.ofMember("http://other/")), [])
        self.assertEqual(list(self.store.entries()), [row])
        self.assertEqual(self.heard, [changes])

    def test_keepOfLists(self) -> None:
        """A row made of lists is kept as one made of tuples: the same again changes nothing."""
        row = makeRegistration()
        member = row.member
        lists = attrs.evolve(
            row,
            member=Locator(list(member.handles), list(member.interfaces), []),
            attributes=list(row.attributes),
        )
        self.assertEqual(list(self.commit(Keep(lists)).changes), [Kept(row)])
        self.assertEqual(list(self.commit(Keep(lists)).changes), [])

    def test_renew(self) -> None:
        """Renew gives another end, later or earlier; for an unknown entry it answers None."""
        self.commit(Keep(makeRegistration(until=5.0)))
        for until, before in ((9.0, 5.0), (7.0, 9.0), (math.inf, 7.0)):
            changes = self.commit(Renew("unknown", 3.0), Renew("e1", until))
            row = makeRegistration(until=until)
            self.assertEqual(list(changes.changes), [Renewed(row, before)])
            self.assertEqual(list(changes.rows), [None, row])
            self.assertEqual(self.store.get("e1"), row)

    def test_renewToThePast(self) -> None:
        """An entry renewed to an instant that has passed ends at once, as expired."""
        row = makeRegistration(until=5.0)
        self.commit(Keep(row))
        self.time.advance(1.0)
        changes = self.commit(Renew("e1", 1.0))
        self.assertEqual(list(changes.changes), [Ended(row, expired=True)])
        self.assertIsNone(self.store.get("e1"))

    def test_end(self) -> None:
        """End takes an entry away on purpose and answers what it was; for an unknown one it answers None."""
        row = makeRegistration()
        self.commit(Keep(row))
        changes = self.commit(End("e1"), End("e1"), End("unknown"))
        self.assertEqual(list(changes.changes), [Ended(row, expired=False)])
        self.assertEqual(list(changes.rows), [row, None, None])
        self.assertIsNone(self.store.get("e1"))
        self.assertEqual(list(self.store.ofMember("http://a/")), [])
        self.assertEqual(list(self.store.entries()), [])

    def test_oneChangeAnEntry(self) -> None:
        """A commit that touches an entry twice tells its outcome once, and answers every command."""
        row, renewed = makeRegistration(until=5.0), makeRegistration(until=9.0)
        changes = self.commit(Keep(row), Renew("e1", 9.0))
        self.assertEqual(list(changes.changes), [Kept(renewed)])
        self.assertEqual(list(changes.rows), [row, renewed])
        changes = self.commit(Renew("e1", 7.0), Renew("e1", 9.0))
        self.assertEqual(list(changes.changes), [])
        changes = self.commit(Keep(makeRegistration("e2", "http://b/")), End("e2"))
        self.assertEqual(list(changes.changes), [])

    def test_nothingChanged(self) -> None:
        """A commit that changes nothing keeps the revision and tells nobody."""
        self.commit(Keep(makeRegistration()))
        revision = self.store.revision
        for changes in (self.commit(Keep(makeRegistration("e2"))), self.commit(End("e9"))):
            self.assertEqual((changes.revision, list(changes.changes)), (revision, []))
        self.assertEqual(len(self.heard), 1)

    def test_revision(self) -> None:
        """The revision grows by one with every commit that changed something."""
        before = self.store.revision
        self.commit(Keep(makeRegistration()), Keep(makeRegistration("e2", "http://b/")))
        self.assertEqual(self.store.revision, before + 1)
        self.assertEqual(self.heard[-1].revision, before + 1)
        self.assertEqual(self.result(self.store.sync()), before + 1)

    def test_takenId(self) -> None:
        """A row under the id of another live row is refused; the id of one that ended may come again."""
        first = makeRegistration(until=5.0)
        self.commit(Keep(first))
        other = makeRegistration(handle="http://b/")
        self.refused(ParameterError, Keep(other))
        self.refused(ParameterError, Keep(makeRegistration(), KnownMember.ADD))
        self.assertEqual(self.store.get("e1"), first)
        self.time.rightNow = 5.0
        changes = self.commit(Keep(other))
        self.assertEqual(list(changes.changes), [Ended(first, expired=True), Kept(other)])

    def test_allOrNone(self) -> None:
        """A commit with one command in error changes nothing and tells nobody."""
        commands = [Keep(makeRegistration()), Keep(makeRegistration("e2", "http://b/"))]
        self.refused(ParameterError, *commands, Keep(makeRegistration("e2", "http://c/")))
        self.assertEqual((self.store.revision, self.heard), (0, []))
        self.assertEqual(list(self.store.entries()), [])
        self.assertEqual(list(self.store.ofMember("http://a/")), [])
        self.assertEqual(len(self.commit(*commands).changes), 2)

    def test_badRows(self) -> None:
        """A row without id or handle, or with an end that is no instant, is refused."""
        row = makeRegistration()
        self.rejected(ParameterError, attrs.evolve(row, entry=""))
        self.rejected(ParameterError, attrs.evolve(row, member=Locator(())))
        self.rejected(ParameterError, attrs.evolve(row, until=math.nan))
        self.commit(Keep(row))
        self.refused(ParameterError, Renew("e1", math.nan))

    def test_tooLarge(self) -> None:
        """A row with far too much content, text, attributes or interfaces is refused, and the error names which."""
        row = makeRegistration()
        member = row.member
        most = 2**20
        for bound, large in (
            ("content", attrs.evolve(row, content=b"x" * most)),
            ("size", attrs.evolve(row, name="x" * most)),
            ("size", attrs.evolve(row, member=attrs.evolve(member, references=[b"x" * most]))),
            ("attributes", attrs.evolve(row, attributes=[("a", "b")] * 5000)),
            (
                "interfaces",
                attrs.evolve(
                    row, member=attrs.evolve(member, interfaces=[*member.interfaces] * 5000)
                ),
            ),
        ):
            self.assertIn(bound, self.rejected(TooLarge, large).message)

    def rejected(self, kind: type[GMAError], row: Registration) -> GMAError:
        """The row cannot be kept, and nothing of it is there."""
        error = self.refused(kind, Keep(row))
        self.assertEqual((self.store.revision, list(self.store.entries())), (0, []))
        return error
