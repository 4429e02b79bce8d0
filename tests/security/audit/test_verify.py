"""Whatever is done to a chain is found, and where."""

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ConfigError
from gma_twisted.security.audit.chain import deedFields, readLink, seal
from gma_twisted.security.audit.head import headPath
from gma_twisted.security.audit.verify import Break, BreakKind, Verdict, verifyChain
from tests.security.audit import TIME, deed, written

_LINES = 12


def life(change: Callable[[list[Path]], object], size: int = 1300) -> Verdict:
    """What is found in a chain after something was done to its files, the oldest first."""
    home = Path(tempfile.mkdtemp(prefix="gma-audit-"))
    try:
        path = home / "audit.jsonl"
        files = list(written(path, _LINES, size))
        change(files)
        return verifyChain(str(path))
    finally:
        shutil.rmtree(home)


def broken(change: Callable[[list[Path]], object], size: int = 1300) -> Break:
    """The first break."""
    found = life(change, size).broken
    assert found is not None, "nothing was found"
    return found


def linesOf(file: Path) -> list[bytes]:
    """Of a file."""
    return file.read_bytes().splitlines(keepends=True)


class VerifyTests(SynchronousTestCase):
    """One place after the other."""

    def test_good(self) -> None:
        """A chain that nobody touched is right, over all its files."""
        verdict = life(lambda files: self.assertEqual(len(files), 3))
        self.assertEqual(
            (verdict.files, verdict.lines, verdict.first, verdict.last), (3, 12, 1, 12)
        )
        self.assertIsNone(verdict.broken)

    def test_none(self) -> None:
        """Without any file there is no audit."""
        with self.assertRaisesRegex(
            ConfigError, "there is no audit /nowhere/audit.jsonl|cannot be read"
        ):
            verifyChain("/nowhere/audit.jsonl")

    @settings(max_examples=60)
    @given(st.integers(0, 2), st.integers(0, 10**6), st.integers(0, 7))
    def test_flipped(self, file: int, at: int, bit: int) -> None:
        """One bit that is another is found, in the file it is in."""

        def flip(files: list[Path]) -> None:
            data = bytearray(files[file].read_bytes())
            data[at % len(data)] ^= 1 << bit
            files[file].write_bytes(data)

        found = broken(flip)
        self.assertIn(found.kind, (BreakKind.CHANGED, BreakKind.TRUNCATED))
        self.assertEqual(found.file.endswith("audit.jsonl"), file == 2)

    @settings(max_examples=40)
    @given(st.integers(0, 10**6))
    def test_cut(self, at: int) -> None:
        """A file that ends earlier is found, wherever it was cut."""

        def cut(files: list[Path]) -> None:
            data = files[2].read_bytes()
            files[2].write_bytes(data[: at % len(data)])

        self.assertIs(broken(cut).kind, BreakKind.TRUNCATED)

    @settings(max_examples=40)
    @given(st.integers(0, _LINES - 1))
    def test_removed(self, which: int) -> None:
        """A line that was taken out is found, the last one as truncation."""

        def remove(files: list[Path]) -> None:
            (file,) = files
            lines = linesOf(file)
            del lines[which]
            file.write_bytes(b"".join(lines))

        found = broken(remove, size=10**6)
        kind = BreakKind.TRUNCATED if which == _LINES - 1 else BreakKind.REMOVED
        self.assertEqual((found.kind, found.line), (kind, which + 1))

    @settings(max_examples=40)
    @given(st.integers(0, _LINES - 1), st.integers(0, _LINES - 1))
    def test_swapped(self, one: int, other: int) -> None:
        """Lines in each other's place are found."""
        if one == other:
            return

        def swap(files: list[Path]) -> None:
            (file,) = files
            lines = linesOf(file)
            lines[one], lines[other] = lines[other], lines[one]
            file.write_bytes(b"".join(lines))

        found = broken(swap, size=10**6)
        first = min(one, other)
        # What comes before the first line that is there may have been kept no longer, for all that the line says.
        self.assertIn(found.kind, (BreakKind.REORDERED,) if first else tuple(BreakKind))
        self.assertLessEqual(found.line, first + 2)

    def test_file(self) -> None:
        """A whole file that is gone is found, the first, the second and the last."""
        for which, kind in enumerate((BreakKind.REMOVED, BreakKind.REMOVED, BreakKind.TRUNCATED)):
            found = broken(lambda files, which=which: files[which].unlink())  # type: ignore[misc]
            self.assertIs(found.kind, kind, which)

    def test_head(self) -> None:
        """A head that is gone is found: without it nobody could tell that lines were cut off."""
        found = broken(lambda files: Path(headPath(str(files[-1]))).unlink())
        self.assertEqual((found.kind, found.line), (BreakKind.REMOVED, 0))

    def test_rewritten(self) -> None:
        """A line that was changed and given its right hash does not go on with the next."""

        def rewrite(files: list[Path]) -> None:
            lines = linesOf(files[0])
            before = readLink(lines[0])
            assert before is not None
            eve = deed()
            eve.identity = "eve"
            lines[1], _ = seal(2, TIME, deedFields(eve), before.hash)
            files[0].write_bytes(b"".join(lines))

        found = broken(rewrite)
        self.assertEqual((found.kind, found.line), (BreakKind.CHANGED, 3))

    def test_another(self) -> None:
        """A whole chain in the place of another, right in itself, is not the one the head tells of."""

        def replace(files: list[Path]) -> None:
            other = files[0].parent / "other.jsonl"
            written(other, _LINES)
            for file in files[:-1]:
                file.unlink()
            data = other.read_bytes().replace(b'"who":"bob"', b'"who":"eve"')
            files[-1].write_bytes(data)

        self.assertIs(broken(replace).kind, BreakKind.CHANGED)
