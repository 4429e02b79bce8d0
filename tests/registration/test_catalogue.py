"""The catalogue: ids, owners, renewals in batches, ends and what is left of them."""

import math

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from gma_twisted.errors import (
    ParameterError,
    ServiceAlreadyExists,
    ServiceHasTerminated,
    TooLarge,
    UnknownId,
)
from gma_twisted.model import Caller, Handle, KnownMember, Locator, QName, RegistryCommand
from gma_twisted.registration import MAX_BATCH, Catalogue, Ending, GrantLimits
from gma_twisted.stores.registry import RegistryLimits, RegistryStore
from gma_twisted.timing import Tombstones, toDeferred
from tests.registration.stand import ANNE, BOB, HANDLE, WALL, CatalogueCase, member, wallClock


class KeepTests(CatalogueCase):
    """Of members that come."""

    def test_row(self) -> None:
        """The entry has all that was told, its owner, and the time granted from now."""
        self.time.advance(7.0)
        row, granted = self.done(
            self.catalogue.keep(member(), "anne", "name", (("k", "v"), ("k", "w")), seconds=20.0)
        )
        self.assertEqual(granted, 20.0)
        self.assertEqual((row.member, row.name, row.owner), (member(), "name", "anne"))
        self.assertEqual(row.attributes, (("k", "v"), ("k", "w")))
        self.assertEqual((row.since, row.until), (WALL + 7.0, 27.0))
        self.assertEqual(self.catalogue.find(row.entry), row)

    def test_id(self) -> None:
        """An id is 80 random bits in 16 small letters and digits, fit for a path."""
        entry = self.keep()
        self.assertRegex(entry, r"\A[0-9a-f]{20}\Z")
        self.assertNotEqual(self.keep("b"), entry)

    def test_handles(self) -> None:
        """An entry's handle stands below the service's, and gives its id back; others' give nothing."""
        entry = self.keep()
        handle = self.catalogue.handleOf(entry)
        self.assertEqual(handle.url, f"{HANDLE.url}/entries/{entry}")
        self.assertEqual(self.catalogue.entryOf(handle), entry)
        for other in (f"http://other/services/registry/entries/{entry}", HANDLE.url, f"{handle}/x"):
            self.assertEqual(self.catalogue.entryOf(Handle(other)), "")

    def test_known(self) -> None:
        """A member its owner adds again keeps its entry; another owner has one of its own."""
        first = self.keep(seconds=10.0)
        self.time.advance(5.0)
        self.assertEqual(self.keep(seconds=10.0), first)
        self.assertEqual(self.catalogue.find(first).until, 15.0)
        self.assertNotEqual(self.keep(caller=BOB), first)

    def test_deepReference(self) -> None:
        """A reference that would make answers unreadable is refused."""
        for depth, isRefused in ((32, False), (33, True)):
            reference = b"<r>" * depth + b"</r>" * depth
            keeping = self.catalogue.keep(Locator(member().handles, (), (reference,)), "anne")
            if isRefused:
                self.fails(ParameterError, keeping)
            else:
                self.done(keeping)

    def test_interfaces(self) -> None:
        """An interface that could not be read again is refused, so that it spoils no answer."""
        for name in (QName("urn:a", "b"), QName("", "b"), QName("http://a/?b&c='d'", "é-1.x")):
            self.done(self.catalogue.keep(member("a", name), "anne"))
        for name in (
            QName("urn: a", "b"),
            QName('urn:"<', "b"),
            QName("urn:a", "b c"),
            QName("urn:a", ""),
            QName("urn:a", "x:y"),
            QName("urn:a", "}b"),
            QName("urn:" + "a" * 1024, "b"),
            QName("urn:a\x00", "b"),
        ):
            self.fails(ParameterError, self.catalogue.keep(member("a", name), "anne"))

    def test_countedFirst(self) -> None:
        """Too many parts of a member are refused before any of them is looked at."""
        name, url, bad = QName("urn:a b", "x"), member().handles[0], b"<"
        for what, locator in (
            ("interfaces", Locator((url,), (name,) * 65)),
            ("handles", Locator((url,) * 65)),
            ("references", Locator((url,), (), (bad,) * 65)),
        ):
            keeping = toDeferred(self.catalogue.keep(locator, "anne"))
            error = self.failureResultOf(keeping, TooLarge).value
            self.assertIn(f"65 {what}; it may have at most 64", error.message)
        attributes = [("k", "v")] * 65
        many = self.catalogue.keep(member(), "anne", attributes=attributes)
        self.assertIn("the bound registry_attributes", str(self.fails(TooLarge, many)))


class AddKnownTests(CatalogueCase):
    """Where known members make further entries."""

    known = KnownMember.ADD

    def test_bag(self) -> None:
        """Each one is an entry of its own; they end together by the member's handle, batch by batch."""
        entries = {self.keep() for _ in range(5)}
        self.assertEqual(len(entries), 5)
        owned = self.catalogue.owned(member().handles[0].url, Caller("anne"))
        self.assertEqual({row.entry for row in owned}, entries)
        self.assertEqual(self.done(self.catalogue.end([*entries], Ending.UNREGISTERED)), 5)


class RefuseKnownTests(CatalogueCase):
    """Where known members are refused."""

    known = KnownMember.REFUSE

    def test_existing(self) -> None:
        """The error has the handle of the entry there is; another owner may add it."""
        entry = self.keep()
        error = self.fails(ServiceAlreadyExists, self.catalogue.keep(member(), "anne"))
        assert isinstance(error, ServiceAlreadyExists)
        self.assertEqual(error.existing, self.catalogue.handleOf(entry).url)
        self.keep(caller=BOB)


class QuotaTests(CatalogueCase):
    """Where an owner may have two entries."""

    limits = RegistryLimits(perOwner=2)

    def test_perOwner(self) -> None:
        """The third is refused, the bound named; renewals go on, and what expires makes room."""
        first = self.keep("a", 10.0)
        self.keep("b")
        error = self.fails(TooLarge, self.catalogue.keep(member("c"), "anne"))
        self.assertIn("registry_per_owner", str(error))
        self.keep("c", caller=BOB)
        self.assertEqual(self.keep("a", 10.0), first)
        self.pass_(10.5)
        self.keep("c")


class RenewTests(CatalogueCase):
    """Of batches."""

    grants = GrantLimits(5.0, 300.0, 1000.0)

    def test_batch(self) -> None:
        """Own entries are renewed, unknown ones and others' are not, in the order asked and in one commit."""
        mine = self.keep("a", 10.0)
        others = self.keep("b", 10.0, BOB)
        again = self.keep("c", 10.0)
        self.time.advance(5.0)
        revision = self.registry.store.revision
        asked = [mine, "never", others, again, mine, ""]
        granted = self.done(self.catalogue.renew(asked, 50.0, Caller("anne")))
        self.assertEqual(granted, [50.0, None, None, 50.0, 50.0, None])
        self.assertEqual(self.registry.store.revision, revision + 1)
        untils = [self.catalogue.find(entry).until for entry in (mine, others, again)]
        self.assertEqual(untils, [55.0, 10.0, 55.0])

    def test_nothing(self) -> None:
        """A batch without a known entry commits nothing."""
        revision = self.registry.store.revision
        self.assertEqual(
            self.done(self.catalogue.renew(["x", "y"], None, Caller("anne"))), [None, None]
        )
        self.assertEqual(self.registry.store.revision, revision)

    def test_clamped(self) -> None:
        """Lifetimes are clamped as when they are added."""
        entry = self.keep()
        granted = [
            self.done(self.catalogue.renew([entry], seconds, Caller("anne")))[0]
            for seconds in (0.0, None, math.inf)
        ]
        self.assertEqual(granted, [5.0, 300.0, 1000.0])

    def test_slices(self) -> None:
        """A batch that takes long gives the reactor its turns, in renewals and in ends."""
        entries = [self.keep(f"m{number}") for number in range(625)]
        revision = self.registry.store.revision
        self.time.advance(1.0)
        renewal = toDeferred(self.catalogue.renew(entries, None, Caller("anne")))
        ending = toDeferred(self.catalogue.end(entries[:251], Ending.DESTROYED))
        self.assertEqual(self.registry.store.revision, revision + 2)
        self.assertTrue(not renewal.called and not ending.called)
        self.time.advance(0.0)
        self.assertEqual(self.registry.store.revision, revision + 5)
        self.assertEqual(self.successResultOf(ending), 251)
        self.assertEqual(self.successResultOf(renewal), [300.0] * 625)

    def test_tooMany(self) -> None:
        """A batch has a bound."""
        renewal = toDeferred(self.catalogue.renew(["x"] * MAX_BATCH, 1.0, Caller("anne")))
        self.pass_(1.0)
        self.assertEqual(self.successResultOf(renewal), [None] * MAX_BATCH)
        self.fails(TooLarge, self.catalogue.renew(["x"] * (MAX_BATCH + 1), 1.0, Caller("anne")))


class EndTests(CatalogueCase):
    """Of ends, and what is told of them later."""

    def _why(self, entry: str) -> str:
        return str(self.assertRaises(ServiceHasTerminated, self.catalogue.find, entry))

    def test_expired(self) -> None:
        """An entry is there until its end and not after it; then it is told that its time passed."""
        entry = self.keep(seconds=10.0)
        self.time.advance(9.999)
        self.catalogue.find(entry)
        self.pass_(0.1)
        self.assertEqual(
            self._why(entry),
            f'entry "{entry}" at {HANDLE} ended at 2023-11-14T22:13:30.099Z: its time passed',
        )

    def test_notRecordedYet(self) -> None:
        """So it is told while the end itself is not recorded, for as long as that takes."""
        entry = self.keep(seconds=10.0)
        self.done(self.registry.store.stop())
        self.time.advance(3600.0)
        self.assertIn("ended at 2023-11-14T22:13:30", self._why(entry))

    def test_reasons(self) -> None:
        """Each end leaves its reason."""
        one, other = self.keep("a"), self.keep("b")
        self.done(self.catalogue.end([one], Ending.UNREGISTERED))
        self.done(self.catalogue.destroy(other))
        self.assertIn("its owner took it out", self._why(one))
        self.assertIn("it was destroyed", self._why(other))

    def test_forgotten(self) -> None:
        """After an hour an entry that ended is like one that never was."""
        entry = self.keep()
        self.done(self.catalogue.destroy(entry))
        self.time.advance(3599.0)
        self._why(entry)
        self.time.advance(1.0)
        for id in (entry, "never"):
            self.assertRaises(UnknownId, self.catalogue.find, id)

    def test_twice(self) -> None:
        """The second end of an entry fails; ending in a batch counts those that were there."""
        entry = self.keep()
        self.done(self.catalogue.destroy(entry))
        self.fails(ServiceHasTerminated, self.catalogue.destroy(entry))
        self.fails(UnknownId, self.catalogue.destroy("never"))
        self.assertEqual(self.done(self.catalogue.end([entry, "x"], Ending.UNREGISTERED)), 0)

    def test_closed(self) -> None:
        """A closed catalogue hears of no end any more."""
        entry = self.keep()
        self.catalogue.close()
        self.done(self.catalogue.end([entry], Ending.DESTROYED))
        self.assertEqual(len(self.catalogue.tombstones), 0)


class MoveTests(CatalogueCase):
    """Of ends that are moved by the entry's handle."""

    grants = GrantLimits(5.0, 300.0, 1000.0)

    def test_moves(self) -> None:
        """A later end is granted within the bounds, an earlier one taken as it is."""
        entry = self.keep(seconds=10.0)
        self.time.advance(8.0)
        for asked, granted in (
            (11.0, 13.0),
            (12.0, 12.0),
            (8.5, 8.5),
            (500.0, 500.0),
            (math.inf, 1008.0),
        ):
            self.assertEqual(self.done(self.catalogue.move(entry, asked)), granted)
            self.assertEqual(self.catalogue.find(entry).until, granted)

    def test_narrower(self) -> None:
        """Bounds that became narrower since take nothing back: an earliest end moves no end earlier."""
        entry = self.keep(seconds=900.0)
        self.catalogue.grants = GrantLimits(5.0, 50.0, 100.0)
        for asked in (1000.0, math.inf):
            self.assertEqual(self.done(self.catalogue.move(entry, asked)), 900.0)

    def test_over(self) -> None:
        """What is over cannot be moved."""
        entry = self.keep()
        self.done(self.catalogue.destroy(entry))
        self.fails(ServiceHasTerminated, self.catalogue.move(entry, 50.0))


class LateCommitTests(CatalogueCase):
    """Where a commit takes its time and the world goes on."""

    def setUp(self) -> None:
        """The registry's commits wait from now on."""
        super().setUp()
        self.waiting: list[tuple[list[RegistryCommand], Deferred[None]]] = []
        store = self.registry.store
        case = self

        class Late:
            """The store, late."""

            def __getattr__(self, name: str) -> object:
                return getattr(store, name)

            async def commit(self, commands: list[RegistryCommand]) -> object:
                turn: Deferred[None] = Deferred()
                case.waiting.append((commands, turn))
                await turn
                return await store.commit(commands)

        self.late = Catalogue(
            Late(),  # type: ignore[arg-type]
            self.clock,
            HANDLE,
            lambda length: b"z" * length,
            Tombstones(self.clock),
        )

    def test_endedMeanwhile(self) -> None:
        """An entry that ends while its renewal waits is not told renewed, nor moved."""
        entry = self.keep()
        renewal = toDeferred(self.late.renew([entry], 50.0, Caller("anne")))
        moving = toDeferred(self.late.move(entry, 50.0))
        self.done(self.catalogue.destroy(entry))
        for _, turn in self.waiting:
            turn.callback(None)
        self.assertEqual(self.successResultOf(renewal), [None])
        self.failureResultOf(moving, ServiceHasTerminated)

    def test_failedEnd(self) -> None:
        """An end that fails leaves no reason behind: the entry ends as others do."""
        entries = [self.keep("a", 10.0), self.keep("b")]
        endings = [toDeferred(self.late.destroy(entry)) for entry in entries]
        for (_, turn), ending in zip(self.waiting, endings, strict=True):
            turn.errback(TooLarge("no"))
            self.failureResultOf(ending, TooLarge)
        self.pass_(10.5)
        self.done(self.registry.store.reset([]))
        stones = [self.late.tombstones.get(entry) for entry in entries]
        self.assertEqual(
            [stone and stone.why for stone in stones], [Ending.EXPIRED, Ending.UNREGISTERED]
        )


class LifetimeTests(CatalogueCase):
    """Of many entries at once."""

    def test_exact(self) -> None:
        """None of 2,000 lifetimes ends early or late, renewed or not."""
        ends = {}
        for number in range(2000):
            seconds = 5.0 + (number * 37 % 1000) / 10
            ends[self.keep(f"m{number}", seconds)] = self.time.seconds() + seconds
        renewed = list(ends)[::3]
        self.time.advance(4.0)
        renewal = toDeferred(self.catalogue.renew(renewed, 60.0, Caller("anne")))
        for _ in range(2):
            self.time.advance(0.0)
        self.successResultOf(renewal)
        ends |= dict.fromkeys(renewed, self.time.seconds() + 60.0)
        while self.time.seconds() < 110.0:
            self.time.advance(0.5)
            now = self.time.seconds()
            there = {row.entry for row in self.registry.store.entries(limit=5000)}
            self.assertEqual(there, {entry for entry, end in ends.items() if end > now})
        self.assertEqual(self.shown(), [])
        self.assertEqual(len(self.catalogue.tombstones), 2000)


class RestartTests(CatalogueCase):
    """Of ids across restarts."""

    def test_sameRandom(self) -> None:
        """An id that is taken already is refused by the store rather than given twice."""
        store = RegistryStore(wallClock(Clock()))
        self.done(store.start())
        catalogue = Catalogue(store, self.clock, HANDLE, bytes, Tombstones(self.clock))
        self.done(catalogue.keep(member("a"), ANNE.owner))
        self.fails(ParameterError, catalogue.keep(member("b"), ANNE.owner))
