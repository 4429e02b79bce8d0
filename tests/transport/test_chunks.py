"""The chunk meter walks over valid bodies exactly, whatever the pieces."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.transport import GateLimits
from gma_twisted.transport.chunks import ChunkMeter
from gma_twisted.transport.refusal import Refusal

_LIMITS = GateLimits(body=1000, chunkLine=50)
_CHUNKS = st.lists(st.tuples(st.binary(min_size=1, max_size=60), st.sampled_from([b"", b";a=b"])))
_TRAILERS = st.lists(st.sampled_from([b"A: 1\r\n", b"Sum: abc\r\n"]), max_size=3)


def encoded(chunks: list[tuple[bytes, bytes]], trailers: list[bytes], isUpper: bool) -> bytes:
    """A chunked body (RFC 9112, 7.1)."""
    form = b"%X" if isUpper else b"%x"
    parts = [form % len(data) + extension + b"\r\n" + data + b"\r\n" for data, extension in chunks]
    return b"".join([*parts, b"0\r\n", *trailers, b"\r\n"])


class ChunkMeterTests(SynchronousTestCase):
    """Sizes and lines only."""

    @given(_CHUNKS, _TRAILERS, st.booleans(), st.lists(st.integers(1, 90)), st.binary(max_size=20))
    def test_valid(
        self,
        chunks: list[tuple[bytes, bytes]],
        trailers: list[bytes],
        isUpper: bool,
        sizes: list[int],
        after: bytes,
    ) -> None:
        """In any pieces it takes the body to its last byte, and no byte of what follows."""
        body = encoded(chunks, trailers, isUpper)
        if sum(len(data) for data, _ in chunks) > _LIMITS.body:
            return
        meter = ChunkMeter(_LIMITS, False)
        data = body + after
        taken = 0
        for size in [*sizes, len(data)]:
            piece = data[taken : taken + size]
            step = meter.feed(piece)
            taken += step
            self.assertEqual(meter.isOver, taken == len(body))
            if meter.isOver:
                self.assertEqual(meter.feed(after), 0)
                break
            self.assertEqual(step, len(piece))
        self.assertEqual(taken, len(body))

    def _refusal(self, data: bytes) -> Refusal:
        found: Refusal = self.assertRaises(Refusal, ChunkMeter(_LIMITS, True).feed, data)
        return found

    def test_cap(self) -> None:
        """All chunks together have at most the cap; the claim of a size counts, not its bytes."""
        meter = ChunkMeter(_LIMITS, True)
        meter.feed(b"3e7\r\n" + b"a" * 999 + b"\r\n1\r\n")
        self.assertEqual(self._refusal(b"3e9\r\n").status, 413)
        self.assertEqual(
            self.assertRaises(Refusal, ChunkMeter(_LIMITS, True).feed, b"1\r\na\r\n3e8\r\n").status,
            413,
        )

    def test_lines(self) -> None:
        """A line longer than its bound is refused even before it ends; so are longer trailers."""
        self.assertEqual(self._refusal(b"1;" + b"a" * 60).status, 400)
        self.assertEqual(self._refusal(b"0\r\n" + b"A: 1\r\n" * 10).status, 400)

    def test_sizes(self) -> None:
        """A size is hexadecimal digits."""
        for line in (
            b"\r\n",
            b"-1\r\n",
            b"0x1\r\n",
            b"+1\r\n",
            b"1_0\r\n",
            b"g\r\n",
            b"1" * 17 + b"\r\n",
        ):
            refusal = self._refusal(line)
            self.assertEqual((refusal.status, refusal.isService), (400, True), line)
