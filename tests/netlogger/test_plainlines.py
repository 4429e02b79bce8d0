"""What is compiled reads and writes as Python does, or leaves it to Python."""

import copy
import gc
import pickle
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SkipTest, SynchronousTestCase

from gma_twisted.errors import GMAError
from gma_twisted.model.event import Event, EventContainer, EventField
from gma_twisted.model.timestamp import Timestamp
from gma_twisted.netlogger import Dialect, bp
from tests.netlogger.representable import NAMES, TEXTS, events

WHEN = "2009-12-08T17:43:30.123456Z"
START = f"ts={WHEN} event=e"
USUAL = (
    f"ts={WHEN} event=App Program=GridFTP Bandwidth=100.0 Bandwidth._units=Mb/s",
    f'{START} a=1 b="x y" c=-1.5 d=1.10 e=007 f="" g="3" h=10.0.0.1 gma.id=x gma.seq=7',
    START,
    START + " gma.seq=9223372036854775808 gma.prev=6",
)

_readPlain: Any = bp.readPlain
_writePlain: Any = bp.writePlain


class CompiledTestCase(SynchronousTestCase):
    """Skipped where nothing can be compiled, and only there."""

    def setUp(self) -> None:
        """@raise SkipTest: no compiler"""
        if _readPlain is None:
            headers = Path(sysconfig.get_path("include"), "Python.h")
            if shutil.which("cc") and headers.exists():
                self.fail(
                    "there is a compiler, and nothing was compiled: install this checkout again"
                )
            raise SkipTest("no C compiler or no headers of Python")
        for file in Path(bp.__file__).parent.glob("_plain*.p[xy][dx]"):
            made = Path(sys.modules[_readPlain.__module__].__file__ or "")
            if made.parent == file.parent and made.stat().st_mtime < file.stat().st_mtime:
                self.fail(
                    f"{file.name} is newer than what was compiled: install this checkout again"
                )

    def inPython(self, act: Callable[[], Any]) -> Any:
        """What comes of something with nothing compiled: the result, or the error's type."""
        bp.readPlain = bp.writePlain = None
        try:
            return act()
        except GMAError as error:
            return type(error)
        finally:
            bp.readPlain, bp.writePlain = _readPlain, _writePlain

    def checkRead(self, line: bytes | str) -> bool:
        """Both ways say the same. @return: whether it was read by what is compiled"""
        found = _readPlain(line)
        if found is None:
            return False
        self.assertIs(type(found), Event)
        for isStrict, dialect in product((True, False), Dialect):
            expected = self.inPython(partial(bp.read, line, isStrict, dialect))
            self.assertEqual(found, expected)
            self.assertEqual(
                [repr(one.value) for one in found.items],
                [repr(one.value) for one in expected.items],
            )
        return True

    def checkWritten(self, event: Event) -> bool:
        """Both ways write the same. @return: whether it was written by what is compiled"""
        found = _writePlain(event)
        if found is None:
            return False
        for dialect in Dialect:
            expected = self.inPython(partial(bp.write, event, dialect))
            self.assertEqual(found, expected)
        return True


def event(*fields: EventField, when: Timestamp | str = WHEN) -> Event:
    """One with these fields."""
    made = Event("e", when)
    for one in fields:
        made.add(one)
    return made


class ReadTests(CompiledTestCase):
    """What is read."""

    def test_usual(self) -> None:
        """Usual lines are read by what is compiled, as bytes and as text, with their end and without."""
        for line in USUAL:
            for one in (line, line + "\n", line.encode(), line.encode() + b"\n"):
                self.assertTrue(self.checkRead(one), one)

    def test_left(self) -> None:
        """What is not usual is left to Python, whatever that makes of it."""
        for line in (
            *("", "\n", "ts=", "ts=1 event=e", f"ts={WHEN}", f"event=e ts={WHEN}", f" {START}"),
            *(
                f"{START} ",
                f"{START}\n\n",
                f"{START}\r\n",
                f"{START} a",
                f"{START} a=",
                f"{START} =1",
            ),
            *(f"{START}  a=1", f"{START} a=1 a=2", f"{START} ts=1", f"{START} event=x"),
            *(
                f'{START} a="',
                f'{START} a="b',
                f'{START} a="b"c',
                f'{START} a=b"c',
                f'{START} a="\\""',
            ),
            f"ts={WHEN} event={'e' * 257}",
            *(f"{START} a={'v' * 257}", f"{START} {'n' * 257}=1", f'{START} a="{"v" * 257}"'),
            *(f"{START} a\x00=1", f"{START} a=\x7f", f"{START} a=é", f"{START} é=1"),
            *(f"{START} k._units=s", f"{START} k._units=s k=1", f"{START} k=1 j=1 k._units=s"),
            f"{START} k=1 k._units=s k._units._units=t",
            f"{START} gma.id=1 gma.id._units=s",
            f"{START} gma.seq=x gma.seq._units=s",
            START + "".join(f" k{number}=1" for number in range(65)),
        ):
            self.assertIsNone(_readPlain(line), line)
        # Of two bytes a character; the first half of them is a line.
        wide = (START.encode() * 2).decode("utf-16-le")
        for other in (
            wide,
            bytearray(START.encode()),
            memoryview(b""),
            None,
            5,
            type("B", (bytes,), {})(),
        ):
            self.assertIsNone(_readPlain(other))
        self.assertTrue(self.checkRead(START + "".join(f" k{number}=1" for number in range(64))))
        self.assertTrue(self.checkRead(f'{START} {"n" * 256}="{"v" * 256}" k={"v" * 256}'))

    def test_cut(self) -> None:
        """A line may end anywhere, and any byte of it may be another."""
        taken = 0
        for line in (one.encode() for one in USUAL):
            for place in range(len(line)):
                taken += self.checkRead(line[:place])
                for byte in b'\0\t\n "=.-\\0:9TZaz\x7f\x80\xff':
                    taken += self.checkRead(line[:place] + bytes([byte]) + line[place + 1 :])
        self.assertGreater(taken, 1000)

    def test_times(self) -> None:
        """Each day there is, no other; all fractions of six and nine digits."""
        for year, month, day in product(
            (1700, 1900, 1970, 1999, 2000, 2100, 2200), range(14), range(33)
        ):
            line = f"ts={year}-{month:02}-{day:02}T23:59:59.000001Z event=e"
            try:
                moment = datetime(year, month, day, 23, 59, 59, tzinfo=UTC)
            except ValueError:
                self.assertIsNone(_readPlain(line), line)
                continue
            past = moment - datetime(1970, 1, 1, tzinfo=UTC)
            nanoseconds = past // timedelta(seconds=1) * 10**9 + 1000
            self.assertEqual(_readPlain(line).timestamp.nanoseconds, nanoseconds)
        for wrong in ("T24:00:00", "T23:60:00", "T23:59:60", "T2:359:00", "T23:59:5-"):
            self.assertIsNone(_readPlain(f"ts=2009-12-08{wrong}.123456Z event=e"), wrong)
        for year in (1, 1699, 2201, 2262, 2263, 2300, 9999):
            self.assertIsNone(_readPlain(f"ts={year:04}-06-08T17:43:30.123456Z event=e"))
        for digits in range(11):
            isRead = self.checkRead(f"ts=2009-12-08T17:43:30.{'1234567890'[:digits]}Z event=e")
            self.assertEqual(isRead, digits in (6, 9))

    def test_numbers(self) -> None:
        """Short words of digits and signs, all of them."""
        words = ["".join(word) for size in range(1, 5) for word in product("019.-e+", repeat=size)]
        words += ["9" * size for size in range(15, 40)]
        words += [f"-{'9' * size}" for size in range(15, 40)]
        words += [f"{'9' * whole}.{'3' * rest}" for whole in range(1, 18) for rest in range(1, 18)]
        words += [f"{'9' * whole}.{'9' * rest}" for whole in range(1, 18) for rest in range(1, 18)]
        words += [repr(whole / 7) for whole in range(1, 3000, 7)]
        words += [repr(1.7e9 + part / 1e6) for part in range(0, 1_000_000, 7919)]
        words += ["-0.0", "0.0", "00.5", "12345678.1234567", "-12345678.7654321", "1e5", "inf"]
        left = []
        for word in words:
            if not self.checkRead(f"{START} k={word}"):
                left.append(word)
            self.checkRead(f'{START} k="{word}" l={word} m=5 m._units={word}')
            self.checkRead(f"{START} gma.id={word} gma.seq={word}")
        # Spelled otherwise than repr does, with more digits than every double has, or with an exponent.
        for word in left:
            self.assertTrue("e" in word or sum(one.isdigit() for one in word) > 15, word)
            self.assertNotEqual(repr(float(word)), word)
        # 0.0 == -0.0
        self.assertEqual(str(_readPlain(f"{START} k=-0.0").get("k")), "-0.0")

    @settings(max_examples=500, deadline=None)
    @given(
        st.lists(
            st.tuples(
                st.sampled_from(("a", "b", "b._units", "._units", "a.b", "ts", "gma.id", "gma.seq"))
                | NAMES,
                st.text(st.sampled_from('01.9-e"a=+ \\é'), min_size=1, max_size=9),
                st.booleans(),
            ),
            max_size=6,
        )
    )
    def test_any(self, pairs: list[tuple[str, str, bool]]) -> None:
        """Whatever it takes it reads as Python does."""
        self.checkRead(
            START
            + "".join(
                f' {name}="{value}"' if quoted else f" {name}={value}"
                for name, value, quoted in pairs
            )
        )

    def test_names(self) -> None:
        """Of more names than are kept each is its own."""
        names = [f"name{number}" for number in range(3000)]
        for _ in range(2):
            for name in names:
                self.assertEqual(_readPlain(f"{START} {name}=1").items[0].name, name)
        one, other = (_readPlain(f"{START} kept=1").items[0].name for _ in range(2))
        self.assertIs(one, other)

    def test_usable(self) -> None:
        """Events are as any other: changed, copied, collected."""
        read = _readPlain(USUAL[0])
        for made in (copy.copy(read), copy.deepcopy(read), pickle.loads(pickle.dumps(read))):
            self.assertEqual(made, read)
        self.assertTrue(gc.is_tracked(read))
        read.add(EventField("z", 1))
        read.name, read.id, read.sequence, read.timestamp = "n", "i", 5, Timestamp(7)
        self.assertEqual(
            bp.write(read),
            b"ts=1970-01-01T00:00:00.000000007Z event=n Program=GridFTP"
            b" Bandwidth=100.0 Bandwidth._units=Mb/s z=1 gma.id=i gma.seq=5",
        )


class WriteTests(CompiledTestCase):
    """What is written."""

    @settings(max_examples=500, deadline=None)
    @given(events())
    def test_any(self, made: Event) -> None:
        """Whatever it takes it writes as Python does."""
        self.checkWritten(made)

    def test_usual(self) -> None:
        """Usual events are written by what is compiled."""
        for line in USUAL[:3]:
            self.assertTrue(self.checkWritten(bp.read(line)))

    def test_left(self) -> None:
        """What is not usual is left to Python."""
        container = EventContainer("box")
        container.add(EventField("k", 1))
        gap = event(EventField("k", 1))
        del gap.items[0].value  # type: ignore[union-attr]
        for field in (
            *(
                EventField("k", value)
                for value in (None, True, b"x", Timestamp(0), 2**63, -(2**63) - 1)
            ),
            *(
                EventField("k", value)
                for value in (float("inf"), float("nan"), 'a"b', "a\\", "é", "a\tb")
            ),
            *(
                EventField("k", value)
                for value in ("1e5", "-1.5e+7", "1234567.123456789", "v" * 4096)
            ),
            *(
                EventField(name, 1)
                for name in ("ts", "event", "gma.id", "gma.seq", "k._units", "a b", "é")
            ),
            EventField("k", 1, 'a"b'),
            EventField("k", 1, "1e5"),
        ):
            self.assertIsNone(_writePlain(event(field)), field)
        for value in (
            "5",
            "-5",
            "1.5",
            "-",
            "007",
            "-0",
            "10.0.0.1",
            "2009-12-08",
            "1.",
            ".5",
            "9" * 39,
        ):
            self.assertTrue(self.checkWritten(event(EventField("k", value))), value)
        many = [EventField(f"k{number}", 1) for number in range(65)]
        long = event(EventField("k", 1))
        long.items[0].name = "k" * 257
        twice = event(EventField("k", 1), EventField("j", 1), EventField("k", 1))
        boxed = event()
        boxed.add(container)
        wrong = event()
        wrong.items = ()  # type: ignore[assignment]
        for made in (
            gap,
            long,
            event(*many),
            twice,
            boxed,
            wrong,
            type("E", (Event,), {})("e"),
            None,
            5,
        ):
            self.assertIsNone(_writePlain(made))
        self.assertTrue(self.checkWritten(event(*many[:64])))

    def test_room(self) -> None:
        """Long lines are left to Python, each byte before that is written."""
        taken = []
        for size in range(3000, 4100):
            made = event(EventField("a", "x " + "v" * size), EventField("b", 2.5, "Mb/s"))
            made.id, made.sequence = "identity", 2**63 - 1
            taken.append(self.checkWritten(made))
            made = event(EventField("n" * 256, "v" * (size - 300), "u" * 200))
            taken.append(self.checkWritten(made))
        self.assertTrue(taken[0])
        self.assertFalse(taken[-1])

    def test_times(self) -> None:
        """Every day of four hundred years, every edge of a second."""
        for day in range(-97_000, 84_000):
            moment = datetime(1970, 1, 1) + timedelta(days=day)
            line = _writePlain(Event("e", Timestamp(day * 86_400 * 10**9)))
            self.assertEqual(line, f"ts={moment.isoformat()}.000000Z event=e".encode())
        for nanoseconds in (
            *(1_010, 10, 100, 123_456_780, 999_999_990),
            -1,
            0,
            1,
            999,
            1000,
            10**9 - 1,
            -(10**9),
            -(10**9) + 1,
            2**63 - 1,
            -(2**63),
        ):
            self.assertTrue(self.checkWritten(Event("e", Timestamp(nanoseconds))))
        for nanoseconds in (2**63, -(2**63) - 1):
            self.assertIsNone(_writePlain(Event("e", Timestamp(nanoseconds))))

    def test_doubles(self) -> None:
        """As repr has them: short ones, long ones, their neighbours, the largest, the smallest."""
        for value in _doubles():
            self.assertEqual(
                _writePlain(event(EventField("k", value))), f"{START} k={value!r}".encode()
            )

    @settings(max_examples=1000, deadline=None)
    @given(
        st.floats(allow_nan=False, allow_infinity=False)
        | st.integers(-(10**16), 10**16).map(lambda m: m / 10**6)
    )
    def test_anyDouble(self, value: float) -> None:
        """Any other."""
        self.assertEqual(
            _writePlain(event(EventField("k", value))), f"{START} k={value!r}".encode()
        )

    @settings(max_examples=300, deadline=None)
    @given(TEXTS | st.text(st.sampled_from("0123456789.-+e"), max_size=6))
    def test_texts(self, text: str) -> None:
        """Any text, as value, name of the event, units and id."""
        made = event(EventField("k", text))
        self.checkWritten(made)
        # As attributes, nothing refuses it.
        made.items[0].units = text  # type: ignore[union-attr]
        made.id = text
        made.name = text
        self.checkWritten(made)


def _doubles() -> Iterator[float]:
    for decimals in range(8):
        for whole in (0, 1, 9, 10, 99, 123_456_789, 999_999_999, 10**9, 10**15, 10**16):
            for part in (0, 1, 10**decimals - 1, 10**decimals // 3):
                for sign in (1.0, -1.0):
                    yield sign * (whole + part / 10**decimals)
    for digits in range(9, 17):
        for part in range(1, 8):
            yield 10.0**digits + part / 8
            yield 10.0**digits / 3 + part / 1000
    for power in range(-324, 309, 3):
        yield float(f"1e{power}")
        yield -float(f"9.999999999999999e{power}")
    yield from (0.1 + 0.2, 1e-4, 9.9999e-5, 0.000123, 1 / 3, 5e-324, 1.7976931348623157e308)


class MemoryTests(CompiledTestCase):
    """What is taken is given back."""

    def test_blocks(self) -> None:
        """Thousands of lines read and written, refused ones too, leave nothing."""
        made = [bp.read(line) for line in USUAL]
        made.append(event(EventField("k", 'a"b')))
        lines: list[Any] = [*USUAL, f"{START} k=1 k=1", f"{START} k=1 j=1 k._units=s", None]
        lines.append(f"{START} k=1 gma.id=7 gma.id._units=s")

        def work() -> None:
            for _ in range(1000):
                for one in lines:
                    _readPlain(one)
                for each in made:
                    _writePlain(each)

        work()
        gc.collect()
        before = sys.getallocatedblocks(), sys.getrefcount(Event), sys.getrefcount(None)
        work()
        gc.collect()
        after = sys.getallocatedblocks(), sys.getrefcount(Event), sys.getrefcount(None)
        for one, other in zip(before, after, strict=True):
            # A thousand times something would be more.
            self.assertLess(abs(one - other), 500)


class GuardTests(CompiledTestCase):
    """It is not used with classes it was not made for."""

    def test_otherSlots(self) -> None:
        """Events with one slot more: Python does all."""
        program = (
            "from gma_twisted.model import event\n"
            "class Event(event.Event):\n"
            "    __slots__ = ('more',)\n"
            "event.Event = Event\n"
            "from gma_twisted.netlogger import bp\n"
            "print(bp.readPlain, bp.read('ts=1 event=e').name)\n"
            "from gma_twisted.netlogger import _plainwriter\n"
        )
        ended = subprocess.run(
            [sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=False
        )
        self.assertEqual(ended.stdout, "None e\n", ended.stderr)
        self.assertIn("ImportError: Event has other slots", ended.stderr)
