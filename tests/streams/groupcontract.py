"""What every group of members promises, whatever its lines go to."""

from typing import TYPE_CHECKING

from zope.interface.verify import verifyObject

from gma_twisted.errors import ParameterError
from gma_twisted.interfaces.gma import IStreamGroup, IStreamMember, IStreamPlane
from gma_twisted.model import OURSELVES
from gma_twisted.model.event import Event, EventField
from tests.streams.sendstand import SendStand, made, numbersIn

__all__ = ["GroupContract"]

if TYPE_CHECKING:
    _Stand = SendStand
else:
    _Stand = object


class GroupContract(_Stand):
    """
    To be mixed into a test with a L{SendStand}.

    @ivar url: of one place
    @ivar other: of another
    """

    url = ""
    other = ""

    def got(self, url: str) -> bytes:
        """What came to a place."""
        raise NotImplementedError

    def group(self, url: str = ""):  # type: ignore[no-untyped-def]
        """A group for a URL."""
        for one in (self.url, self.other):
            self.admit(one)
        return self.plane.group(self.terms(url or self.url), "life")

    def test_interfaces(self) -> None:
        """Plane, group and member have what their interfaces promise."""
        group = self.group()
        member = self.join(group, self.url)
        verifyObject(IStreamPlane, self.plane)
        verifyObject(IStreamGroup, group)
        verifyObject(IStreamMember, member)
        self.assertEqual(len(group), 1)
        self.leave(member)
        self.assertEqual(len(group), 0)
        self.assertEqual(self.plane.counts.members, 0)

    def test_all(self) -> None:
        """Every member gets every event, in their order."""
        group = self.group()
        members = [self.join(group, one) for one in (self.url, self.other)]
        self.offer(group, 1, 2, 3)
        self.offer(group, 4)
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2, 3, 4])
        self.assertEqual(self.got(self.other), self.got(self.url))
        self.assertEqual(self.plane.counts.lines, 4)
        self.assertEqual(self.plane.counts.sent, 8)
        # What all have is kept no longer.
        self.assertEqual((len(group.log), self.plane.counts.held), (0, 0))
        self.leave(*members)
        self.assertEqual(self.plane.counts.held, 0)
        self.assertEqual(self.plane.counts.connections, 0)

    def test_lateJoiner(self) -> None:
        """Who joins gets what is offered from then on."""
        group = self.group()
        members = [self.join(group, self.url)]
        self.offer(group, 1, 2)
        members.append(self.join(group, self.other, since=2))
        self.offer(group, 3)
        self.assertEqual(numbersIn(self.got(self.other)), [3])
        self.leave(*members)

    def test_since(self) -> None:
        """What was published before somebody joined, and is judged later, is not for them."""
        group = self.group()
        member = self.join(group, self.url, since=2)
        self.offer(group, 1, 2, 3)
        member.skipTo(5)
        self.offer(group, 4, 5, 6)
        self.assertEqual(numbersIn(self.got(self.url)), [3, 6])
        self.leave(member)

    def test_notBegun(self) -> None:
        """Before it begins nothing is sent; what came meanwhile is, then."""
        group = self.group()
        member = group.join(self.terms(self.url), 7, 0, False)
        self.offer(group, 1)
        self.assertEqual(self.got(self.url), b"")
        member.begin()
        self.turns()
        self.assertEqual(numbersIn(self.got(self.url)), [1])
        self.leave(member)

    def test_pause(self) -> None:
        """Paused, it gets nothing; resumed, all that came meanwhile. Others are not held up."""
        group = self.group()
        members = [self.join(group, one) for one in (self.url, self.other)]
        members[0].pause()
        self.offer(group, 1, 2)
        self.assertEqual(self.got(self.url), b"")
        self.assertEqual(numbersIn(self.got(self.other)), [1, 2])
        members[0].resume()
        self.turns()
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2])
        self.leave(*members)

    def test_lookBack(self) -> None:
        """A look-back comes before all else, for who asked only; what it lacks is told before it."""
        group = self.group()
        members = [
            self.join(group, self.url, since=2, isLookingBack=True),
            self.join(group, self.other, since=2),
        ]
        self.offer(group, 3)
        self.assertEqual(self.got(self.url), b"")
        members[0].lookedBack([made(1), made(2)], [1, 2], [100, 100], 4)
        self.turns()
        self.assertEqual(numbersIn(self.got(self.url)), [-4, 1, 2, 3])
        self.assertEqual(numbersIn(self.got(self.other)), [3])
        self.leave(*members)

    def test_leftOut(self) -> None:
        """What is left out for all is told once, before the next."""
        group = self.group()
        member = self.join(group, self.url)
        self.offer(group, 1)
        group.offer(None, 2, 100)
        group.offer(None, 3, 100)
        self.offer(group, 4)
        member.leaveOut(5)
        self.offer(group, 6)
        self.assertEqual(numbersIn(self.got(self.url)), [1, -2, 4, -5, 6])
        self.assertEqual(self.plane.counts.missed, 7)
        self.leave(member)

    def test_notRepresentable(self) -> None:
        """What a line cannot hold is left out for all, counted, and told; the log says so once."""
        group = self.group()
        member = self.join(group, self.url)
        for number in (1, 2):
            event = made(number)
            event.add(EventField("no name", 1))
            group.offer(event, number, 100)
        self.offer(group, 3)
        self.assertEqual(numbersIn(self.got(self.url)), [-2, 3])
        self.assertEqual(self.plane.counts.unwritable, 2)
        self.leave(member)

    def test_nothingWritten(self) -> None:
        """Where no line comes at all what was left out is told by itself, after a while, to all; each once."""
        group = self.group()
        members = [self.join(group, one) for one in (self.url, self.other)]

        def unwritable(*numbers: int) -> None:
            for number in numbers:
                event = made(number)
                event.add(EventField("no name", 1))
                group.offer(event, number, 100)

        unwritable(1, 2)
        self.turns(20, 4.0)
        unwritable(3)
        self.assertEqual(numbersIn(self.got(self.url)), [])
        self.turns(20, 2.0)
        for one in (self.url, self.other):
            self.assertEqual(numbersIn(self.got(one)), [-3])
        self.turns(20, 60.0)
        unwritable(4)
        self.turns(20, 6.0)
        self.offer(group, 5)
        self.turns(20, 60.0)
        for one in (self.url, self.other):
            self.assertEqual(numbersIn(self.got(one)), [-3, -1, 5])
        self.assertEqual(self.plane.counts.missed, 8)
        unwritable(6)
        self.leave(*members)
        self.assertEqual(self.time.getDelayedCalls(), [])

    def test_tooMany(self) -> None:
        """What the rate leaves out is told with the next line only: more often than that would be more than asked."""
        group = self.group()
        member = self.join(group, self.url)
        self.offer(group, 1)
        group.offer(None, 2, 100, True)
        self.turns(20, 60.0)
        self.assertEqual(numbersIn(self.got(self.url)), [1])
        self.offer(group, 3)
        self.assertEqual(numbersIn(self.got(self.url)), [1, -1, 3])
        self.leave(member)

    def test_bounded(self) -> None:
        """Of more lines than may wait the oldest go, for who has not got them; that is told, others have all."""
        group = self.group()
        members = [self.join(group, one) for one in (self.url, self.other)]
        members[0].pause()
        most = self.plane.shared.limits.lines
        for first in range(1, 3 * most, most // 2):
            self.offer(group, *range(first, first + most // 2))
        last = numbersIn(self.got(self.other))[-1]
        assert isinstance(last, int)
        self.assertEqual(numbersIn(self.got(self.other)), [*range(1, last + 1)])
        self.assertLessEqual(len(group.log), most)
        members[0].resume()
        self.turns()
        lost = last - most
        self.assertEqual(numbersIn(self.got(self.url)), [-lost, *range(lost + 1, last + 1)])
        self.leave(*members)

    def test_level(self) -> None:
        """A group says which events are important enough."""
        group = self.group(f"{self.url}?level=Warn")
        for level, isWritten in (("Error", True), ("Info", False)):
            event = Event("load")
            event.add(EventField("level", level))
            self.assertEqual(group.isWritten(event), isWritten)

    def test_kinds(self) -> None:
        """Two subscriptions get the same bytes when lines are written alike, at the same rate, to whichever place."""

        def kindOf(url: str, rate: float = float("inf")) -> object:
            return self.plane.kindOf(self.terms(url, rate))

        self.assertEqual(kindOf(self.url), kindOf(f"{self.other}?format=bp"))
        others = [
            kindOf(self.url),
            kindOf(self.url, 1.0),
            kindOf(f"{self.url}?format=ulm"),
            kindOf(f"{self.url}?level=Info"),
            kindOf(f"{self.url}?dialect=full"),
            kindOf(f"{self.url}?const.site=cern"),
        ]
        self.assertEqual(len(set(others)), len(others))

    def test_unusable(self) -> None:
        """A data URL or encoding that cannot be used is refused by name."""
        for url, encoding in ((f"{self.url}?format=json", None), (self.url, "json")):
            self.assertRaises(ParameterError, self.plane.check, url, encoding, OURSELVES)
        error = self.assertRaises(
            ParameterError, self.plane.check, "http://127.0.0.1/", None, OURSELVES
        )
        self.assertIn("http", error.message)

    def test_constants(self) -> None:
        """Constants that no line can hold are told who asks, by their names; nobody waits for lines that never come."""
        for said in (
            "const.ts=1",
            "const.event=other",
            "format=ulm&const.1a=b",
            "const.a._units=b",
            "const.a=%00",
            "const.a=b%0Ac",
            "format=xml&const.a=%00",
        ):
            why = self.assertRaises(
                ParameterError, self.plane.check, f"{self.url}?{said}", None, OURSELVES
            )
            name = said.partition("const.")[2].partition("=")[0]
            self.assertIn(f'"const.{name}"', why.message)
        for said in ("dialect=full&const.a=b%0Ac&const.c=d", "format=xml&const.ts=1"):
            self.admit(f"{self.url}?{said}")

    def test_takeSame(self) -> None:
        """Who goes to another group gets first what waited, and then what is offered there."""
        group, other = self.group(), self.group()
        member = self.join(group, self.url)
        member.pause()
        self.offer(group, 1, 2)
        other.take(member, self.terms(self.url, 5.0), 7)
        member.skipTo(3)
        self.offer(group, 3)
        self.offer(other, 3, 4)
        member.resume()
        self.turns()
        self.assertEqual(numbersIn(self.got(self.url)), [1, 2, 4])
        self.assertEqual((len(group), len(other)), (0, 1))
        self.leave(member)
        self.assertEqual(self.plane.counts.held, 0)

    def test_takeElsewhere(self) -> None:
        """To another place what waits comes there."""
        group, other = self.group(), self.group()
        member = self.join(group, self.url)
        self.offer(group, 1)
        member.pause()
        self.offer(group, 2)
        other.take(member, self.terms(self.other), 7)
        member.resume()
        self.turns()
        self.offer(other, 3)
        self.assertEqual(numbersIn(self.got(self.url)), [1])
        self.assertEqual(numbersIn(self.got(self.other)), [2, 3])
        self.leave(member)
        self.assertEqual(self.plane.counts.connections, 0)

    def test_takeOtherwise(self) -> None:
        """Where lines are written otherwise, what waited is left out, and told."""
        group, other = self.group(), self.group(f"{self.url}?dialect=full")
        member = self.join(group, self.url)
        member.pause()
        self.offer(group, 1, 2)
        other.take(member, self.terms(f"{self.other}?dialect=full"), 7)
        self.offer(other, 3)
        member.resume()
        self.turns()
        self.assertEqual(numbersIn(self.got(self.other)), [-2, 3])
        self.leave(member)
