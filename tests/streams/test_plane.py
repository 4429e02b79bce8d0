"""TCPLinePlane: connections that are made again, what is told of them, and who holds up nobody."""

from typing import Any

from twisted.logger import capturedLogs, formatEvent
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, Refused
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.netlogger.dataurl import DataUrl
from gma_twisted.netlogger.numbers import Beginning, beginning, numbersOf
from gma_twisted.streams.limits import StreamLimits
from gma_twisted.streams.plane import TCPLinePlane
from gma_twisted.timing import Backoff, toDeferred
from tests.streams.groupcontract import GroupContract
from tests.streams.sendstand import (
    Network,
    SendStand,
    Transport,
    admitted,
    made,
    numbersIn,
    read,
    same,
)

_LIMITS = StreamLimits(lines=20, handedBytes=500)
_URL = "x-netlog://one:14830"


class _Stand(SendStand):
    limits = _LIMITS

    def setUp(self) -> None:
        super().setUp()
        self.network = Network(self.time)
        self.plane = TCPLinePlane(
            self.network.dial, admitted, self.clock, lambda: 0.5, self.limits, Backoff(1.0, 60.0)
        )

    def at(self, host: str) -> Any:
        return self.network.at(host, 14830)


class TCPGroupTests(GroupContract, _Stand, SynchronousTestCase):
    """Groups of connections."""

    url = _URL
    other = "x-netlog://two:14830"

    def got(self, url: str) -> bytes:
        parsed = DataUrl.parse(url)
        return bytes(self.network.at(parsed.host, parsed.port or 0).got)

    def test_sameBytes(self) -> None:
        """Members at the same place are handed one and the same piece."""
        group = self.group()
        members = [self.join(group, f"x-netlog://host{number}:14830") for number in range(5)]
        self.offer(group, 1)
        self.offer(group, 2, 3, 4)
        for turn in (0, 1):
            self.assertTrue(
                same([self.at(f"host{number}").last.writes[turn] for number in range(5)])
            )
        self.leave(*members)

    def test_gathered(self) -> None:
        """After a quiet time a line goes at once; those that follow soon go together."""
        group = self.group()
        member = self.join(group, self.url)
        group.offer(made(1), 1, 100)
        self.assertEqual(numbersIn(self.got(self.url)), [1])
        self.turns()
        for number in (2, 3, 4):
            group.offer(made(number), number, 100)
            self.turns(2, 0.01)
        self.assertEqual(numbersIn(self.got(self.url)), [1])
        self.time.advance(0.03)
        self.assertEqual(len(self.at("one").last.writes), 2)
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2, 3, 4])
        self.turns(2, 1.0)
        self.leave(member)

    def test_handed(self) -> None:
        """So much is handed over at once, and more only when that was taken."""
        group = self.group()
        member = self.join(group, self.url)
        transport = self.at("one").last
        transport.isStalled = True
        self.offer(group, *range(1, 21))
        self.offer(group, 21)
        self.assertEqual(len(transport.writes), 1)
        transport.isStalled = False
        transport.drain()
        self.turns()
        self.assertEqual(numbersIn(self.got(self.url))[-1], 21)
        self.assertLessEqual(max(len(one) for one in transport.writes), 500)
        self.leave(member)

    def test_stalled(self) -> None:
        """Who does not read holds up nobody: others get each line in the moment it is due."""
        group = self.group()
        members = [self.join(group, one) for one in (self.url, self.other)]
        self.at("one").last.isStalled = True
        for number in range(1, 50):
            self.offer(group, number)
            self.assertEqual(numbersIn(self.got(self.other))[-1], number)
        self.assertLessEqual(len(group.log), 20)
        self.assertLessEqual(self.plane.counts.held, group.log.size)
        self.leave(*members)

    def test_closingStalled(self) -> None:
        """A connection that takes nothing is given up a bounded time after its subscription has ended."""
        group = self.group()
        member = self.join(group, self.url)
        self.offer(group, 1)
        transport = self.at("one").last
        transport.isStalled = True
        self.offer(group, 2)
        done = self.begun(member.leave())
        self.turns(10, self.limits.closingSeconds - 0.1)
        self.assertEqual(done, [])
        self.turns(10, 0.2)
        self.assertEqual(done, [None])
        self.assertTrue(transport.isOver)
        self.assertEqual(self.plane.counts.connections, 0)

    def test_allBytes(self) -> None:
        """Above the bound of all groups whoever gets more loses the oldest, and only they."""
        group, greedy = self.group(), self.group()
        small = self.join(group, self.url)
        large = self.join(greedy, self.other)
        small.pause()
        large.pause()
        self.offer(group, 1, 2)
        held = self.plane.counts.held
        limits = StreamLimits(lines=1000, allBytes=3 * held)
        object.__setattr__(self.plane.shared, "limits", limits)
        self.offer(greedy, *range(1, 100))
        self.assertLessEqual(self.plane.counts.held, limits.allBytes)
        small.resume()
        large.resume()
        self.turns()
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2])
        first, *rest = numbersIn(self.got(self.other))
        self.assertEqual(-int(str(first)) + len(rest), 99)
        self.leave(small, large)


class ConnectionTests(_Stand, SynchronousTestCase):
    """Connecting, and connecting again."""

    def begin(self, url: str = _URL, callerId: int = 7, since: int = 0):  # type: ignore[no-untyped-def]
        """A group with a member."""
        self.admit(url)
        group = self.plane.group(self.terms(url), "life")
        return group, self.join(group, url, callerId, since)

    def test_connectedAtOnce(self) -> None:
        """A connection is made when the subscription begins, before there is anything to send."""
        _, member = self.begin()
        self.assertEqual(len(self.at("one").connections), 1)
        self.assertEqual(self.at("one").got, b"")
        self.leave(member)

    def test_away(self) -> None:
        """Who cannot be reached is tried again, less and less often; what waited comes then."""
        self.at("one").isThere = False
        group, member = self.begin()
        self.offer(group, 1, 2)
        self.turns(100, 10.0)
        failed = self.plane.counts.failed
        self.assertGreater(failed, 3)
        self.turns(100, 10.0)
        self.assertLess(self.plane.counts.failed - failed, failed)
        self.at("one").isThere = True
        self.turns(100, 60.0)
        self.assertEqual(numbersIn(self.at("one").got), [1, 2])
        self.assertEqual(self.plane.counts.reconnected, 0)
        self.leave(member)

    def test_told(self) -> None:
        """That lines wait is said once, and once that they flow again; who was never away says neither."""
        self.at("one").isThere = False
        with capturedLogs() as said:
            _, member = self.begin()
            self.turns(100, 10.0)
            self.at("one").isThere = True
            self.turns(100, 60.0)
            self.at("one").last.protocol.readConnectionLost()
            self.turns(100, 60.0)
        waits, flows = (formatEvent(one) for one in said)
        self.assertIn(f"lines wait for {_URL}, which is tried again: ", waits)
        self.assertEqual(flows, f"lines flow again: {_URL}")
        self.assertEqual(self.plane.counts.reconnected, 1)
        self.leave(member)

    def test_silent(self) -> None:
        """An attempt that nobody answers is given up."""
        self.at("one").isSilent = True
        _, member = self.begin()
        self.turns(10, self.limits.connectSeconds - 1.0)
        self.assertEqual(self.plane.counts.failed, 0)
        self.turns(10, 1.5)
        self.assertEqual(self.plane.counts.failed, 1)
        self.leave(member)

    def test_lost(self) -> None:
        """After a lost connection lines go on from where they were."""
        group, member = self.begin()
        self.offer(group, 1)
        self.at("one").last.protocol.readConnectionLost()
        self.turns(1)
        self.offer(group, 2, 3)
        self.turns(10, 1.0)
        first, second = self.at("one").connections
        self.assertEqual(numbersIn(first.value()), [1])
        self.assertEqual(numbersIn(second.value()), [2, 3])
        self.assertEqual(self.plane.counts.reconnected, 1)
        self.leave(member)

    def test_doubtful(self) -> None:
        """What was handed over, and was perhaps not sent, is told as left out on the next connection."""
        group, member = self.begin()
        self.offer(group, 1)
        transport: Transport = self.at("one").last
        transport.isStalled = True
        self.offer(group, 2, 3)
        transport.lose()
        self.offer(group, 4)
        self.turns(10, 1.0)
        # Nobody asked the system about the first before the connection was over.
        self.assertEqual(numbersIn(self.at("one").last.value()), [-2, 3, 4])
        self.assertEqual(self.plane.counts.missed, 2)
        self.leave(member)

    def test_arrived(self) -> None:
        """What the other machine has acknowledged is not told as left out."""
        group, member = self.begin()
        for number in range(1, 13):
            self.offer(group, number)
        self.at("one").last.lose()
        self.offer(group, 13)
        self.turns(10, 1.0)
        missed, last = numbersIn(self.at("one").last.value())
        self.assertEqual(last, 13)
        self.assertLessEqual(-int(str(missed)), 8)
        self.leave(member)

    def test_dropsAtOnce(self) -> None:
        """Who takes connections and drops them at once is tried less and less often."""
        _, member = self.begin()
        counts = []
        for _ in range(2):
            for _ in range(200):
                self.turns(1, 0.1)
                self.at("one").last.lose()
            counts.append(len(self.at("one").connections))
        self.assertLess(counts[1] - counts[0], counts[0])
        self.leave(member)

    def test_lastedLong(self) -> None:
        """After a connection that lasted, attempts begin anew with short pauses."""
        self.at("one").isThere = False
        _, member = self.begin()
        self.turns(500, 100.0)
        self.at("one").isThere = True
        self.turns(200, 60.0)
        self.assertEqual(len(self.at("one").connections), 1)
        self.turns(10, self.limits.connectSeconds)
        self.at("one").last.lose()
        self.turns(10, 1.0)
        self.assertEqual(len(self.at("one").connections), 2)
        self.leave(member)

    def test_numbers(self) -> None:
        """A numbered connection says whose it is and where it begins; a line says which it is and which was before."""
        url = f"{_URL}?numbers=yes"
        group, member = self.begin(url, 42, 5)
        self.offer(group, 7, 9)
        said, first, second = read(self.at("one").got)
        self.assertEqual(beginning(said), Beginning(42, "life", 5, 5))
        found = [numbersOf(one) for one in (first, second)]
        self.assertEqual([(one.number, one.previous) for one in found], [(7, 5), (9, 7)])
        self.leave(member)

    def test_numbersNothing(self) -> None:
        """Who reads numbers is told nothing where no line can be written: the next one says what is missing."""
        group, member = self.begin(f"{_URL}?numbers=yes", 42, 5)
        group.offer(None, 7, 100)
        self.turns(20, 60.0)
        self.assertEqual([one.name for one in read(self.at("one").got)], ["gma.stream.begin"])
        self.leave(member)

    def test_numbersAgain(self) -> None:
        """After a lost connection it says where it began, and how far it was; nothing is told as left out."""
        group, member = self.begin(f"{_URL}?numbers=yes", 42, 5)
        self.offer(group, 7)
        transport = self.at("one").last
        transport.isStalled = True
        self.offer(group, 9)
        transport.lose()
        self.turns(10, 1.0)
        self.offer(group, 11)
        said, line = read(self.at("one").last.value())
        self.assertEqual(beginning(said), Beginning(42, "life", 5, 9))
        self.assertEqual(str(line.get("gma.prev")), "9")
        self.leave(member)

    def test_numbersFallenOut(self) -> None:
        """What fell out of the log is a gap in the numbers, which who reads them sees."""
        group, member = self.begin(f"{_URL}?numbers=yes", 42, 0)
        member.pause()
        self.offer(group, *range(1, 31))
        member.resume()
        self.turns()
        self.offer(group, 31)
        lines = [one for one in read(self.at("one").got) if one.name == "load"]
        self.assertEqual([one.get("number") for one in lines], [*range(11, 32)])
        self.assertEqual(str(lines[0].get("gma.prev")), "10")
        self.leave(member)

    def test_numbersLookedBack(self) -> None:
        """With a look-back a numbered connection begins before the first of it."""
        url = f"{_URL}?numbers=yes"
        self.admit(url)
        group = self.plane.group(self.terms(url), "life")
        member = self.join(group, url, 42, 9, True)
        member.lookedBack([made(4), made(8)], [4, 8], [100, 100], 0)
        self.turns()
        self.offer(group, 10)
        said, *lines = read(self.at("one").got)
        self.assertEqual(beginning(said), Beginning(42, "life", 3, 3))
        self.assertEqual([str(one.get("gma.prev")) for one in lines], ["3", "4", "9"])
        self.leave(member)

    def test_numbersLookedBackDropped(self) -> None:
        """What of a look-back there is no room for is seen to be missing, before the first line and between others."""
        for isGreeted in (False, True):
            url = f"x-netlog://host{isGreeted:d}:14830?numbers=yes"
            self.admit(url)
            group = self.plane.group(self.terms(url), "life")
            member = self.join(group, url, 42, 9, True)
            if not isGreeted:
                member.pause()
            member.lookedBack([made(3), made(8)], [3, 8], [100, 100], 0)
            self.turns()
            if isGreeted:
                member.pause()
                self.offer(group, 10, 11)
                group = self.plane.group(self.terms(url), "life")
                group.take(member, self.terms(url), 42)
            member.dropOldest()
            member.resume()
            self.turns()
            self.offer(group, 12)
            said, *lines = read(self.at(f"host{isGreeted:d}").got)
            expected = Beginning(42, "life", 2, 2 if isGreeted else 3)
            self.assertEqual(beginning(said), expected)
            numbers = [numbersOf(one) for one in lines if one.name == "load"]
            found = [(one.previous, one.number) for one in numbers]
            self.assertEqual(
                found, [(2, 3), (3, 8), (10, 11), (9, 12)] if isGreeted else [(3, 8), (9, 12)]
            )
            self.leave(member)

    def test_ports(self) -> None:
        """Without a port that of NetLogger's C library is tried, then that of its Python library."""
        self.at("one").isThere = False
        group, member = self.begin("x-netlog://one")
        self.offer(group, 1)
        self.assertEqual(numbersIn(self.network.at("one", 14380).got), [1])
        self.leave(member)

    def test_refused(self) -> None:
        """Where lines may go is asked of somebody else, whose refusal is passed on."""

        async def refuse(url: DataUrl, caller: Caller) -> str:
            raise Refused(f"not to {url.host}")

        plane = TCPLinePlane(self.network.dial, refuse, self.clock, lambda: 0.5)
        asking = toDeferred(plane.check(_URL, None, OURSELVES))
        self.assertEqual(self.failureResultOf(asking, Refused).value.message, "not to one")

    def test_address(self) -> None:
        """Lines go to the only address that was allowed."""

        async def pinned(url: DataUrl, caller: Caller) -> str:
            return "192.0.2.1"

        self.plane = TCPLinePlane(self.network.dial, pinned, self.clock, lambda: 0.5)
        _, member = self.begin()
        self.assertEqual(list(self.network.listeners), [("192.0.2.1", 14830)])
        self.leave(member)

    def test_pinned(self) -> None:
        """Where names can be pinned, one is for as long as the way is open."""
        pins: list[tuple[str, ...]] = []

        async def pinned(url: DataUrl, caller: Caller) -> str:
            return "192.0.2.1"

        def pin(url: str, address: str) -> Any:
            pins.append((url, address))
            return lambda: pins.append(("released",))

        self.plane = TCPLinePlane(self.network.dial, pinned, self.clock, lambda: 0.5, pin=pin)
        _, member = self.begin()
        self.assertEqual(pins, [(_URL, "192.0.2.1")])
        self.leave(member)
        self.assertEqual(pins[1:], [("released",)])

    def test_talks(self) -> None:
        """What a listener says is dropped; who says much is no listener of lines."""
        _, member = self.begin()
        protocol = self.at("one").last.protocol
        protocol.dataReceived(b"x" * 1000)
        self.turns()
        self.assertFalse(self.at("one").last.isOver)
        protocol.dataReceived(b"x" * 65536)
        self.turns(1)
        self.assertTrue(self.at("one").connections[0].isOver)
        self.leave(member)

    def test_open(self) -> None:
        """It opens no channels."""
        self.assertRaises(ParameterError, self.plane.open, self.terms(_URL), 7)
