"""UDPLinePlane: a line a datagram, to where a name leads."""

from collections.abc import Sequence
from typing import Any

from twisted.internet.defer import Deferred, succeed
from twisted.internet.protocol import DatagramProtocol
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, PeerUnreachable
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import EventField
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.streams.datagrams import UDPLinePlane
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.timing import Backoff
from tests.streams.groupcontract import GroupContract
from tests.streams.sendstand import SendStand, admitted, made, numbersIn


class _Port:
    """A socket: keeps what is sent from it."""

    def __init__(self, isIPv6: bool) -> None:
        self.isIPv6 = isIPv6
        self.sent: list[tuple[bytes, tuple[str, int]]] = []
        self.isClosed = False
        self.error: OSError | None = None

    def write(self, data: bytes, address: tuple[str, int]) -> None:
        """Keep it."""
        if self.error is not None:
            raise self.error
        self.sent.append((data, address))

    def stopListening(self) -> "Deferred[None]":
        """It is closed."""
        self.isClosed = True
        return succeed(None)


class UDPTests(GroupContract, SendStand, SynchronousTestCase):
    """Groups of those who take datagrams."""

    url = "x-netlog-udp://192.0.2.1:14830"
    other = "x-netlog-udp://192.0.2.2:14830"

    def setUp(self) -> None:
        """Make a plane."""
        super().setUp()
        self.ports: list[_Port] = []
        self.names: dict[str, Sequence[str]] = {}
        self.plane = UDPLinePlane(
            self.openPort,
            self.resolve,
            admitted,
            self.clock,
            lambda: 0.5,
            StreamLimits(lines=20, datagramBytes=1000),
            Backoff(1.0, 60.0),
        )

    def openPort(self, protocol: DatagramProtocol, isIPv6: bool) -> Any:
        """Give it a socket."""
        port = _Port(isIPv6)
        protocol.transport = port  # type: ignore[assignment]
        self.ports.append(port)
        return port

    async def resolve(self, host: str) -> Sequence[str]:
        """Addresses are their own names."""
        if host in self.names or not host[0].isdigit():
            found = self.names.get(host)
            if found is None:
                raise PeerUnreachable(f"nothing is called {host}")
            return found
        return [host]

    def got(self, url: str) -> bytes:
        """What was sent to a place."""
        there = DataUrl.parse(url)
        place = (there.host, there.ports[0])
        return b"".join(data for one in self.ports for data, to in one.sent if to == place)

    def begin(self, url: str):  # type: ignore[no-untyped-def]
        """A group with a member."""
        self.admit(url)
        group = self.plane.group(self.terms(url), "life")
        return group, self.join(group, url)

    def test_lines(self) -> None:
        """Each line is a datagram of its own, from one socket for all."""
        group, member = self.begin(self.url)
        self.offer(group, 1, 2, 3)
        (port,) = self.ports
        self.assertEqual([numbersIn(data) for data, _ in port.sent], [[1], [2], [3]])
        self.assertFalse(port.isIPv6)
        self.leave(member)
        self.stop()
        self.assertTrue(port.isClosed)

    def test_tooLong(self) -> None:
        """A line that no datagram holds is left out, and told."""
        group, member = self.begin(self.url)
        event = made(1)
        event.add(EventField("text", "x" * 1000))
        group.offer(event, 1, 100)
        self.offer(group, 2)
        self.assertEqual(numbersIn(self.got(self.url)), [-1, 2])
        self.assertEqual(self.plane.counts.unwritable, 1)
        self.leave(member)

    def test_notTaken(self) -> None:
        """What the system does not take is told before what it takes next."""
        group, member = self.begin(self.url)
        self.offer(group, 1)
        self.ports[0].error = OSError(105, "No buffer space available")
        for number in (2, 3, 4):
            self.offer(group, number)
        self.ports[0].error = None
        self.offer(group, 5)
        # What told of the first is among what was not taken.
        self.assertEqual(numbersIn(self.got(self.url)), [1, -3, 5])
        self.leave(member)

    def test_name(self) -> None:
        """A name that leads nowhere is looked up again; what waited goes then, without a port to the usual one."""
        group, member = self.begin("x-netlog-udp://collector")
        self.offer(group, 1)
        self.names["collector"] = ["2001:db8::1"]
        self.turns(20, 5.0)
        (port,) = self.ports
        self.assertTrue(port.isIPv6)
        self.assertEqual([to for _, to in port.sent], [("2001:db8::1", 14830)])
        self.leave(member)

    def test_numbers(self) -> None:
        """There are no numbers, since nobody can ask what is missing."""
        error = self.assertRaises(
            ParameterError, self.plane.check, f"{self.url}?numbers=yes", None, OURSELVES
        )
        self.assertIn("numbers", error.message)
