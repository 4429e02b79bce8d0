"""Sinks stay where their subscribers were."""

from twisted.trial.unittest import SynchronousTestCase
from zope.interface.verify import verifyObject

from gma_twisted.errors import Refused
from gma_twisted.interfaces import IConnectGuard
from gma_twisted.model import Handle, NameSelector, QName, Subscription, SubscriptionChanges, Topic
from gma_twisted.security import ConnectGuard, PinnedGuard, SinkPins

_MINE, _OTHER = "193.0.6.1", "193.0.6.9"


def _made(id: str, url: str = "http://Evil.example.org:81/x", peer: str = _MINE) -> Subscription:
    topic = Topic((NameSelector(QName("urn:a", "b")),))
    return Subscription(id, topic, Handle(url), "anonymous", 0.0, 9.0, peer=peer)


class PinTests(SynchronousTestCase):
    """A guard that allows the internet."""

    def setUp(self) -> None:
        """Nobody has subscribed."""
        self.pins = SinkPins()
        self.guard = PinnedGuard(ConnectGuard(["127.0.0.1"]), self.pins)

    def begin(self, *rows: Subscription) -> None:
        """Subscribe."""
        self.pins.changed(SubscriptionChanges(begun=rows))

    def end(self, *rows: Subscription) -> None:
        """End it."""
        self.pins.changed(SubscriptionChanges(ended=rows))

    def opens(self, *addresses: str, url: str = "http://evil.example.org:80") -> list[str]:
        """Those that may be dialled."""
        found = []
        for one in addresses:
            try:
                self.guard.admit(url, one)
            except Refused:
                continue
            found.append(one)
        return found

    def test_guard(self) -> None:
        """It is one, and what the other refuses stays refused."""
        self.assertTrue(verifyObject(IConnectGuard, self.guard))
        self.begin(_made("a", peer="10.0.0.1"))
        self.assertEqual(self.opens("10.0.0.1"), [])
        self.assertRaises(Refused, self.guard.check, "ftp://evil.example.org/")

    def test_rebound(self) -> None:
        """A name that led to its subscriber may not lead elsewhere, and the refusal does not tell where it leads."""
        self.begin(_made("a", peer=f"::ffff:{_MINE}"))
        self.assertEqual(self.opens(_MINE, _OTHER), [_MINE])
        error = self.assertRaises(Refused, self.guard.admit, "http://evil.example.org:80", _OTHER)
        self.assertNotIn(_OTHER, str(error))
        self.assertIn("evil.example.org", str(error))

    def test_others(self) -> None:
        """Names that nobody is held to, and other names, lead where they lead."""
        self.begin(_made("a"), _made("b", "http://other.example.org/", ""))
        self.assertEqual(self.opens(_OTHER, url="http://other.example.org:80"), [_OTHER])

    def test_several(self) -> None:
        """Each place from where somebody subscribed by that name is one, until the last of there ends."""
        rows = [_made("a"), _made("b"), _made("c", peer=_OTHER)]
        self.begin(*rows)
        self.assertEqual(self.opens(_MINE, _OTHER, "9.9.9.9"), [_MINE, _OTHER])
        self.end(rows[0])
        self.assertEqual(self.opens(_MINE, _OTHER), [_MINE, _OTHER])
        self.end(rows[1])
        self.assertEqual(self.opens(_MINE, _OTHER), [_OTHER])
        self.end(rows[2])
        self.assertEqual(self.opens(_MINE, _OTHER, "9.9.9.9"), [_MINE, _OTHER, "9.9.9.9"])

    def test_pin(self) -> None:
        """A name in any URL is kept to an address, until that ends; once."""
        release = self.pins.pin("http://Evil.example.org:99/y", _MINE)
        self.begin(_made("1", peer=_OTHER))
        self.assertEqual(self.opens(_MINE, _OTHER, "193.0.6.5"), [_MINE, _OTHER])
        release()
        release()
        self.assertEqual(self.opens(_MINE, _OTHER), [_OTHER])
        self.end(_made("1", peer=_OTHER))
        self.assertEqual(self.opens(_MINE, _OTHER), [_MINE, _OTHER])

    def test_kept(self) -> None:
        """Those that were kept over a restart are held too; one that was over already and is swept frees nobody."""
        rows = [_made("a"), _made("b")]
        self.pins.hold(rows)
        self.pins.hold(rows)
        self.end(_made("over"), rows[0])
        self.assertEqual(self.opens(_MINE, _OTHER), [_MINE])
        self.end(rows[1])
        self.assertEqual(self.opens(_MINE, _OTHER), [_MINE, _OTHER])

    def test_loopback(self) -> None:
        """Every loopback address is this machine's, and no other is."""
        self.begin(_made("a", "http://localhost:9/", "127.0.0.1"))
        self.assertEqual(
            self.opens("::1", "127.0.0.1", _OTHER, url="http://localhost:9"), ["::1", "127.0.0.1"]
        )
