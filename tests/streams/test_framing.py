"""Bytes to lines: the same however they were cut."""

from collections.abc import Iterable, Sequence

from hypothesis import example, given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import TooLarge
from gma_twisted.streams.framing import PREAMBLE, LineFraming

_MOST = 12
# Few letters, so that ends of lines and pieces of the preamble are often there.
_BYTES = st.lists(
    st.sampled_from(
        [b"\n", b"\r", b"\r\n", b"U", b"ULM", b"ULM\0", PREAMBLE, b"\0", b"ab", b" ", b"\xff"]
    )
).map(b"".join)


def cut(data: bytes, places: Iterable[int]) -> Sequence[bytes]:
    """The data in pieces."""
    at = sorted({min(one, len(data)) for one in places})
    return [data[a:b] for a, b in zip([0, *at], [*at, len(data)], strict=True)]


def linesOf(pieces: Iterable[bytes], most: int = _MOST) -> list[bytes | str]:
    """What comes of them; a line that was too long is a word."""
    framing = LineFraming(most)
    came: list[bytes | TooLarge] = []
    for one in pieces:
        came += framing.receive(one)
        assert framing.held <= max(most + 1, len(PREAMBLE) - 1)
    came += framing.end()
    return ["long" if isinstance(one, TooLarge) else one for one in came]


def expected(data: bytes, most: int = _MOST) -> list[bytes | str]:
    """What comes of all at once, said in another way."""
    *ended, rest = data.removeprefix(PREAMBLE).split(b"\n")
    if rest:
        ended.append(rest)
    lines = [one.removesuffix(b"\r") for one in ended]
    return [one if len(one) <= most else "long" for one in lines]


class FramingTests(SynchronousTestCase):
    """Bytes to lines."""

    @settings(max_examples=500, deadline=None)
    @given(_BYTES, st.lists(st.integers(0, 80), max_size=20))
    @example(PREAMBLE + b"a\n", list(range(9)))
    @example(b"x" * _MOST + b"\r\ny", [_MOST + 1])
    @example(b"x" * _MOST + b"\ry\nz", [_MOST + 1])
    def test_cutsMeanNothing(self, data: bytes, places: list[int]) -> None:
        """However the bytes are cut, the lines are those of all at once, and no more is held than one of them."""
        self.assertEqual(linesOf(cut(data, places)), expected(data))

    def test_preambleAtEachCut(self) -> None:
        """What NetLogger's C library begins with is no line, wherever it is cut."""
        data = PREAMBLE + b"ts=1 event=a\n"
        for at in range(len(data)):
            self.assertEqual(linesOf([data[:at], data[at:]]), [b"ts=1 event=a"], at)

    def test_preambleOnlyFirst(self) -> None:
        """It is one at the beginning only."""
        self.assertEqual(linesOf([b"a\n", PREAMBLE, b"b\n"]), [b"a", PREAMBLE + b"b"])

    def test_nothingIsWaitedForThatCannotBeAPreamble(self) -> None:
        """A short first line that is no preamble is told at once."""
        framing = LineFraming()
        self.assertEqual(framing.receive(b"a=b\n"), [b"a=b"])
        framing = LineFraming()
        self.assertEqual(framing.receive(b"U"), ())
        self.assertEqual(framing.receive(b"\n"), [b"U"])

    def test_preambleThatNeverCame(self) -> None:
        """A piece of one is the last line."""
        self.assertEqual(linesOf([b"ULM"]), [b"ULM"])
        self.assertEqual(linesOf([PREAMBLE]), [])

    def test_tooLong(self) -> None:
        """Of a line that is too long nothing is kept, the error says the bound, and the next line is read."""
        framing = LineFraming(4)
        (error,) = framing.receive(b"abcdef")
        assert isinstance(error, TooLarge)
        self.assertIn("more than 4 bytes", error.message)
        self.assertEqual(framing.held, 0)
        self.assertEqual(framing.receive(b"gh" * 1000), [])
        self.assertEqual(framing.held, 0)
        self.assertEqual(framing.receive(b"\nabcd\n"), [b"abcd"])

    def test_dropped(self) -> None:
        """What was dropped goes on to its end."""
        framing = LineFraming()
        framing.receive(b"one\ntw")
        framing.drop()
        self.assertEqual(framing.held, 0)
        self.assertEqual(framing.receive(b"o\nthree\n"), [b"three"])
        framing.drop()
        self.assertEqual(framing.receive(b"four\n"), [b"four"])
