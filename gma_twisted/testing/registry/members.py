"""Members that are registered again: renewed, added or refused, owner by owner."""

import attrs

from gma_twisted.errors import ParameterError, ServiceAlreadyExists
from gma_twisted.model import (
    End,
    Ended,
    Keep,
    Kept,
    KnownMember,
    Renewed,
    Replace,
    Updated,
)
from gma_twisted.testing.registry.model import CONSUMER, PRODUCER, makeRegistration
from gma_twisted.testing.registry.stand import RegistryStand

__all__ = ["MemberContract"]


class MemberContract(RegistryStand):
    """What becomes of a member that its owner registers again."""

    def test_renewed(self) -> None:
        """The same with another end keeps id and C{since} and is told as Renewed, be the end later or earlier."""
        self.commit(Keep(makeRegistration(until=5.0, since=1.0)))
        for until, before in ((9.0, 5.0), (4.0, 9.0)):
            changes = self.commit(Keep(makeRegistration("new", until=until, since=3.0)))
            row = makeRegistration(until=until, since=1.0)
            self.assertEqual(list(changes.changes), [Renewed(row, before)])
            self.assertEqual(list(changes.rows), [row])
        self.assertEqual(self.ids(), ["e1"])

    def test_updated(self) -> None:
        """Another content keeps id and C{since} and is told as Updated, with what was there."""
        old = makeRegistration(since=1.0)
        self.commit(Keep(old))
        changes = self.commit(Keep(makeRegistration("new", content=b"<d/>", until=9.0, since=3.0)))
        row = makeRegistration(content=b"<d/>", until=9.0, since=1.0)
        self.assertEqual(list(changes.changes), [Updated(row, old)])
        self.assertEqual((self.kept(old), self.ids()), (row, ["e1"]))

    def test_sameIdAgain(self) -> None:
        """A row kept again under its own id is no error."""
        self.commit(Keep(makeRegistration(until=5.0)))
        changes = self.commit(Keep(makeRegistration(until=6.0)))
        self.assertEqual(list(changes.changes), [Renewed(makeRegistration(until=6.0), 5.0)])

    def test_otherOwner(self) -> None:
        """Each owner has its own entry of a member; neither touches the other's."""
        mine, theirs = makeRegistration("e1"), makeRegistration("e2", owner="bob")
        self.commit(Keep(mine))
        self.assertEqual(list(self.commit(Keep(theirs)).changes), [Kept(theirs)])
        self.assertEqual(list(self.store.ofMember("http://a/")), [mine, theirs])
        changes = self.commit(Keep(makeRegistration("e3", owner="bob", until=5.0)))
        self.assertEqual([change.row.entry for change in changes.changes], ["e2"])

    def test_add(self) -> None:
        """ADD makes one entry more, however alike; the oldest is the one renewed afterwards."""
        rows = [makeRegistration(entry, until=50.0) for entry in ("e2", "e1", "e3")]
        for row in rows:
            self.assertEqual(list(self.commit(Keep(row, KnownMember.ADD)).changes), [Kept(row)])
        self.assertEqual(list(self.store.ofMember("http://a/")), rows)
        self.assertEqual(self.renewedBy("new"), "e2")
        self.commit(End("e2"))
        self.assertEqual(self.renewedBy("new"), "e1")
        self.assertEqual(self.ids(), ["e1", "e3"])

    def renewedBy(self, entry: str) -> str:
        """Which entry a known member's row takes the place of."""
        row = self.commit(Keep(makeRegistration(entry, content=entry.encode()))).rows[0]
        assert row is not None
        return row.entry

    def test_interface(self) -> None:
        """With an interface, only an entry that claims it is known: one member may be several things."""
        producer = makeRegistration("e1", interface=PRODUCER, until=50.0)
        consumer = makeRegistration("e2", interface=CONSUMER, until=50.0)
        self.commit(Keep(producer, KnownMember.RENEW, PRODUCER))
        changes = self.commit(Keep(consumer, KnownMember.RENEW, CONSUMER))
        self.assertEqual(list(changes.changes), [Kept(consumer)])
        again = attrs.evolve(consumer, entry="e3", until=60.0)
        changes = self.commit(Keep(again, KnownMember.RENEW, CONSUMER))
        row = attrs.evolve(consumer, until=60.0)
        self.assertEqual(list(changes.changes), [Renewed(row, 50.0)])
        error = self.refused(ServiceAlreadyExists, Keep(again, KnownMember.REFUSE, CONSUMER))
        self.assertEqual(error.existing, "e2")

    def test_replace(self) -> None:
        """A replaced row keeps id and C{since}, whichever of a member's entries it is; the others stay."""
        rows = [makeRegistration(entry, until=50.0) for entry in ("e1", "e2")]
        for row in rows:
            self.commit(Keep(row, KnownMember.ADD))
        wanted = makeRegistration("e2", content=b"<d/>", until=60.0, since=9.0)
        changes = self.commit(Replace(wanted))
        row = attrs.evolve(wanted, since=0.0)
        self.assertEqual(list(changes.changes), [Updated(row, rows[1])])
        self.assertEqual(list(changes.rows), [row])
        self.assertEqual([self.kept(one) for one in rows], [rows[0], row])

    def test_replaceNothing(self) -> None:
        """There is nothing in whose place an unknown entry could come; another's place is refused."""
        self.assertEqual(list(self.commit(Replace(makeRegistration())).rows), [None])
        self.assertEqual(self.ids(), [])
        self.commit(Keep(makeRegistration("e1")))
        self.refused(ParameterError, Replace(makeRegistration("e1", owner="bob")))
        self.refused(ParameterError, Replace(makeRegistration("e1", "http://b/")))

    def test_refuse(self) -> None:
        """REFUSE names the entry there is, and lets in a member that is not known, or another owner's."""
        self.commit(Keep(makeRegistration(), KnownMember.REFUSE))
        error = self.refused(ServiceAlreadyExists, Keep(makeRegistration("e2"), KnownMember.REFUSE))
        self.assertEqual(error.existing, "e1")
        self.commit(Keep(makeRegistration("e3", owner="bob"), KnownMember.REFUSE))
        self.commit(Keep(makeRegistration("e4", "http://b/"), KnownMember.REFUSE))
        self.assertEqual(self.ids(), ["e1", "e3", "e4"])

    def test_knownWithinACommit(self) -> None:
        """Commands see those before them in their commit."""
        row = makeRegistration("e2", content=b"<d/>")
        changes = self.commit(Keep(makeRegistration()), Keep(row))
        self.assertEqual(list(changes.changes), [Kept(makeRegistration(content=b"<d/>"))])
        changes = self.commit(End("e1"), Keep(row))
        self.assertEqual({change.row.entry for change in changes.changes}, {"e1", "e2"})
        self.assertEqual(self.ids(), ["e2"])

    def test_goneIsNotKnown(self) -> None:
        """An entry past its time is no known member: its end is told first, the new row is Kept."""
        rows = [makeRegistration(entry, until=1.0) for entry in ("e1", "e2")]
        for row in rows:
            self.commit(Keep(row, KnownMember.ADD))
        self.time.rightNow = 1.0
        new = makeRegistration("e3")
        changes = self.commit(Keep(new, KnownMember.REFUSE))
        self.assertEqual(
            list(changes.changes), [Ended(rows[0], True), Ended(rows[1], True), Kept(new)]
        )
        self.sweep()
        self.assertEqual(len(self.heard), 3)

    def test_oldestLive(self) -> None:
        """When the oldest entry of a member is over, the next oldest is the one renewed."""
        self.commit(Keep(makeRegistration("e1", until=1.0), KnownMember.ADD))
        self.commit(Keep(makeRegistration("e2"), KnownMember.ADD))
        self.time.rightNow = 1.0
        self.assertEqual(self.renewedBy("new"), "e2")
        self.assertEqual(self.ids(), ["e2"])
