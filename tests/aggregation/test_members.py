"""What the members of a registry offer is copied while their entries live."""

from collections.abc import Sequence

from twisted.logger import capturedLogs

from gma_twisted.aggregation import AggregatorLimits, MemberAggregation
from gma_twisted.model import End, Handle, Keep, Locator, QName, Registration, Renew
from gma_twisted.soap.aggregating import writeServiceDataNames
from gma_twisted.stores.registry import RegistryStore
from gma_twisted.timing import toDeferred
from tests.aggregation.source import HOST, SOURCE
from tests.aggregation.test_aggregator import QUEUE, AggregatorCase

GMA = b"urn:gma-twisted:2026:core"


def content(*names: QName) -> bytes:
    """What the content of an entry says of these names, as it is kept."""
    written = writeServiceDataNames(names)
    return written.replace(b">", b' xmlns:gma="%b">' % GMA, 1)


class MembersCase(AggregatorCase):
    """A registry whose members are followed."""

    limits = AggregatorLimits(subscriptions=4, perOwner=2, names=3)

    def setUp(self) -> None:
        """Nobody is registered."""
        super().setUp()
        self.registry = RegistryStore(self.clock)
        self.successResultOf(toDeferred(self.registry.start()))
        self.members = MemberAggregation(self.registry, self.aggregator, self.clock)
        self.begin()

    def begin(self) -> None:
        """Follow."""
        started = toDeferred(self.members.start())
        self.advance(0.1)
        self.successResultOf(started)

    def tearDown(self) -> None:
        """Nothing is left."""
        self.successResultOf(toDeferred(self.members.stop()))
        self.successResultOf(toDeferred(self.registry.stop()))
        super().tearDown()

    def keep(
        self,
        entry: str = "1",
        data: bytes = content(HOST),
        owner: str = "ann",
        member: Handle = SOURCE,
        seconds: float = 60.0,
    ) -> None:
        """Register."""
        until = self.clock.seconds() + seconds
        row = Registration(entry, Locator((member,)), content=data, owner=owner, until=until)
        self.successResultOf(toDeferred(self.registry.commit([Keep(row)])))

    def followed(self) -> Sequence[tuple[str, str, tuple[QName, ...]]]:
        """What is copied: id, source, names."""
        return [(row.subscriptionId, row.source.url, tuple(row.names)) for row in self.rows()]


class MembersTests(MembersCase):
    """One source, registered in several ways."""

    def test_comesAndGoes(self) -> None:
        """It is copied from its registration to the end of its entry, whichever way that ends; its values stay."""
        for ends in ([End("1")], []):
            self.keep()
            self.assertEqual(self.followed(), [("entries/1", SOURCE.url, (HOST,))])
            self.advance(0.1)
            self.sendAll()
            self.assertEqual(self.contents(), {"": "1"})
            self.successResultOf(toDeferred(self.registry.commit(ends)))
            self.advance(61.0)
            self.assertEqual((self.followed(), self.source.subscriptions), ([], {}))
            self.assertEqual(self.contents(), {"": "1"})

    def test_renewed(self) -> None:
        """A renewal changes nothing, however often it comes."""
        self.keep()
        for _ in range(10):
            self.advance(30.0)
            renewal = Renew("1", self.clock.seconds() + 60.0)
            self.successResultOf(toDeferred(self.registry.commit([renewal])))
        self.keep()
        self.assertEqual((len(self.followed()), self.source.made), (1, 1))

    def test_nothing(self) -> None:
        """Who offers nothing is not asked."""
        other = b'<a xmlns="urn:x"><serviceDataNames><name/></serviceDataNames></a>'
        for number, data in enumerate((b"", content(), other)):
            self.keep(str(number), data, member=SOURCE.child(str(number)))
        self.assertEqual((self.followed(), self.flushWarnings()), ([], []))

    def test_below(self) -> None:
        """The names may stand right below the root of a content; each counts once."""
        self.keep(data=b"<a>%b%b</a>" % (content(HOST, QUEUE), content(HOST)))
        self.assertEqual(self.followed()[0][2], (HOST, QUEUE))

    def test_every(self) -> None:
        """Every name of a namespace is one name."""
        self.keep(data=content(QName("urn:t", "*")))
        self.assertEqual(self.followed()[0][2], (QName("urn:t", "*"),))

    def test_changed(self) -> None:
        """Another content takes the place of the one before; none ends it."""
        self.keep()
        self.keep(data=content(QUEUE))
        self.assertEqual(self.followed(), [("entries/1", SOURCE.url, (QUEUE,))])
        self.keep(data=b"")
        self.assertEqual(self.followed(), [])

    def test_kept(self) -> None:
        """What was registered before the start is copied too, however much it is."""
        self.successResultOf(toDeferred(self.members.stop()))
        for number in range(600):
            self.keep(f"{number:03}", b"", member=SOURCE.child(str(number)))
        self.keep("x")
        self.assertEqual(self.followed(), [])
        self.begin()
        self.assertEqual(self.followed(), [("entries/x", SOURCE.url, (HOST,))])

    def test_stopped(self) -> None:
        """After the stop nothing is begun; nor if it never started."""
        self.successResultOf(toDeferred(self.members.stop()))
        self.keep()
        other = MemberAggregation(self.registry, self.aggregator, self.clock)
        self.successResultOf(toDeferred(other.stop()))
        self.assertEqual(self.followed(), [])


class RefusedTests(MembersCase):
    """Entries that cannot be aggregated."""

    def test_stays(self) -> None:
        """What cannot be read, has too many names or may not be called stays an entry."""
        many = [QName("urn:t", str(number)) for number in "abcd"]
        broken = content(HOST).replace(b"localName", b"local")
        self.keep("1", broken)
        self.keep("2", content(*many), member=SOURCE.child("2"))
        self.keep("3", member=Handle("http://metadata/x"))
        self.assertEqual((self.followed(), len(self.registry)), ([], 3))

    def test_logged(self) -> None:
        """The log says why, once for each, however often they are renewed."""
        with capturedLogs() as said:
            for number in "12":
                self.keep(number, member=Handle(f"http://metadata/{number}"))
            for _ in range(3):
                later = self.clock.seconds() + 90.0
                self.advance(1.0)
                renewals = [Renew(number, later) for number in "12"]
                self.successResultOf(toDeferred(self.registry.commit(renewals)))
        why = [event["why"] for event in said if event["log_namespace"].endswith("members")]
        self.assertEqual(why, [f"http://metadata/{number} is refused" for number in "12"])

    def test_quota(self) -> None:
        """An owner's entries count for him; one too many is copied when it is renewed after another has gone."""
        for number in "123":
            self.keep(number, content(QName("urn:t", f"n{number}")), member=SOURCE.child(number))
        self.keep("4", member=SOURCE.child("4"), owner="bob")
        ids = [id for id, _, _ in self.followed()]
        self.assertEqual(ids, ["entries/1", "entries/2", "entries/4"])
        self.successResultOf(toDeferred(self.registry.commit([End("1")])))
        self.assertEqual(len(self.followed()), 2)
        later = self.clock.seconds() + 90.0
        self.successResultOf(toDeferred(self.registry.commit([Renew("3", later)])))
        self.assertEqual(self.followed()[-1][0], "entries/3")
        self.successResultOf(toDeferred(self.registry.commit([End("3")])))
        self.assertEqual(len(self.followed()), 2)
