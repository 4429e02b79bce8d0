"""What a power cut may leave."""

from collections.abc import Sequence
from random import Random

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.integration.durability.disk import SECTOR, DiskState, diskStates
from tests.integration.durability.trace import (
    Change,
    Create,
    Rename,
    Said,
    Step,
    Sync,
    Truncate,
    Unlink,
    Write,
)

F = "/d/f"


def states(
    *changes: Change | Step, before: bytes | None = None, each: int = 40
) -> Sequence[DiskState]:
    """All disks of a trace, one call after the other unless it says otherwise."""
    steps = [
        change if isinstance(change, Step) else Step(change, number * 2, number * 2)
        for number, change in enumerate(changes)
    ]
    files = {} if before is None else {F: before}
    return list(diskStates(steps, "/d", files, Random(1), each))


def contents(found: Sequence[DiskState], path: str = F) -> set[bytes | None]:
    """What may be in a file."""
    return {state.files.get(path) for state in found}


class DiskTests(SynchronousTestCase):
    """Cuts and what is left."""

    def test_unsynced(self) -> None:
        """What was written may be there or not until it is synced; then it is."""
        self.assertEqual(contents(states(Write(F, 0, b"new"), before=b"old")), {b"old", b"new"})
        found = states(Write(F, 0, b"new"), Sync(F), Said(b"!"), before=b"old")
        self.assertEqual(contents([state for state in found if state.said]), {b"new"})

    def test_reordered(self) -> None:
        """Of two writes the later may be there without the earlier."""
        found = contents(states(Write(F, 0, b"1"), Write(F, 1, b"2"), before=b"00"))
        self.assertEqual(found, {b"00", b"10", b"02", b"12"})

    def test_torn(self) -> None:
        """A write is torn where sectors meet, wherever it begins, and nowhere else."""
        data = b"x" * SECTOR
        found = contents(states(Write(F, 100, data), before=bytes(2 * SECTOR)))
        cut = SECTOR - 100
        self.assertEqual(
            found,
            {
                bytes(100) + (b"x" if first else b"\0") * cut + (b"x" if second else b"\0") * 100
                + bytes(SECTOR - 100)
                for first in (0, 1)
                for second in (0, 1)
            },
        )  # fmt: skip

    def test_grown(self) -> None:
        """A file may have grown by a write that did not reach the disk."""
        found = contents(states(Write(F, 0, b"abc"), before=b"", each=200))
        self.assertEqual(found, {b"", b"\0\0\0", b"abc"})

    def test_coverage(self) -> None:
        """A sync covers what returned before it was entered, and only once it has returned."""
        write = Step(Write(F, 0, b"x"), 0, 2)
        sync = Step(Sync(F), 1, 3)
        said = Step(Said(b"!"), 4, 4)
        found = [state for state in states(write, sync, said, before=b"o") if state.said]
        self.assertEqual(contents(found), {b"o", b"x"})
        late = Step(Sync(F), 1, 6)
        done = Step(Write(F, 0, b"x"), 0, 0)
        found = [state for state in states(done, late, said, before=b"o") if state.cut == 4]
        self.assertEqual(contents(found), {b"o", b"x"})

    def test_failed(self) -> None:
        """What a failed sync was to write may be missing for ever, also after one that succeeds."""
        changes = (Write(F, 0, b"x"), Sync(F, hasFailed=True), Sync(F), Said(b"!"))
        found = [state for state in states(*changes, before=b"o") if state.said]
        self.assertEqual(contents(found), {b"o", b"x"})

    def test_rewritten(self) -> None:
        """What a failed sync was to write is written when its page is written again."""
        failed = (Write(F, 0, b"x"), Write(F, 5000, b"y"), Sync(F, hasFailed=True))
        found = states(*failed, Write(F, 2, b"z"), Sync(F), Said(b"!"), before=bytes(5001))
        heads = {(state.files[F][:3], state.files[F][5000:]) for state in found if state.said}
        self.assertEqual(heads, {(b"x\0z", b"\0"), (b"x\0z", b"y")})

    def test_names(self) -> None:
        """A new file is found only once its directory was synced, though its bytes were; a rename likewise."""
        made = (Create(F), Write(F, 0, b"x"), Sync(F))
        self.assertEqual(contents(states(*made)), {None, b"", b"\0", b"x"})
        found = states(*made, Sync("/d"), Said(b"!"))
        self.assertEqual(contents([state for state in found if state.said]), {b"x"})
        moved = states(*made, Sync("/d"), Rename(F, "/d/g"), Said(b"!"))
        last = [state.files for state in moved if state.said]
        self.assertTrue({F: b"x"} in last and {"/d/g": b"x"} in last)
        self.assertFalse([files for files in last if len(files) != 1])

    def test_unlinked(self) -> None:
        """A removed file may come back with all its durable bytes."""
        found = states(Unlink(F), Said(b"!"), before=b"x")
        self.assertEqual(contents([state for state in found if state.said]), {None, b"x"})

    @given(
        st.lists(
            st.one_of(
                st.builds(
                    Write,
                    st.just(F),
                    st.integers(0, 1500),
                    st.binary(min_size=1, max_size=900),
                ),
                st.builds(Truncate, st.just(F), st.integers(0, 2000)),
                st.just(Sync(F)),
            ),
            max_size=8,
        )
    )
    def test_bounds(self, changes: list[Change]) -> None:
        """With everything kept the file is what the calls made; after a sync nothing else is possible."""
        content = bytearray(b"old")
        for change in changes:
            if isinstance(change, Write):
                content.extend(bytes(max(0, change.offset - len(content))))
                content[change.offset : change.offset + len(change.data)] = change.data
            elif isinstance(change, Truncate):
                del content[change.size :]
                content.extend(bytes(change.size - len(content)))
        found = states(*changes, Sync(F), Said(b"!"), before=b"old", each=2)
        self.assertEqual(contents([state for state in found if state.said]), {bytes(content)})
