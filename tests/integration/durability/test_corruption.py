"""Damaged files."""

from pathlib import Path

import attrs
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.stores.journal.mark import Mark
from tests.integration.durability.corruption import (
    Damage,
    Kind,
    Result,
    corrupt,
    judge,
    makeStates,
)

WAL, MARK = "registrations.db-wal", "registrations.db.mark"


class CorruptionTests(SynchronousTestCase):
    """Bits and ends."""

    def test_damages(self) -> None:
        """However a store ended, damage is recovered, refused or set aside by name; nothing wrong is served."""
        damages = corrupt(90, 3)
        self.assertEqual(damages.wrongs, [])
        # Else the damages were none.
        self.assertTrue(damages.count(Result.REFUSED) and damages.count(Result.ASIDE))

    def test_lastBatch(self) -> None:
        """A damage may take the last batch away when it has no mark and nobody was told; with a mark it is refused."""
        states = {state.kind: state for state in makeStates(20, 1)}
        marked, unmarked = states[Kind.MARKED], states[Kind.UNMARKED]
        self.assertEqual(unmarked.rights[1:], marked.rights)
        self.assertNotEqual(*unmarked.rights)
        # What is not in the log without it belongs to the last batch.
        log, before = unmarked.files[WAL], marked.files[WAL].ljust(len(unmarked.files[WAL]), b"\0")
        at = max(at for at, byte in enumerate(log) if byte != before[at])
        damaged = Damage(WAL, "its last byte", log[:at] + bytes([log[at] ^ 1]) + log[at + 1 :])
        self.assertIs(judge(unmarked, damaged), Result.SAME)
        told = attrs.evolve(unmarked, rights=unmarked.rights[:1])
        self.assertIs(judge(told, damaged), Result.SILENT)
        path = Path(self.mktemp())
        path.write_bytes(unmarked.files[MARK])
        mark = Mark(str(path))
        place = mark.read()
        assert place is not None
        mark.write(place + 1)
        mark.close()
        after = attrs.evolve(told, files={**told.files, MARK: path.read_bytes()})
        self.assertIs(judge(after, damaged), Result.REFUSED)
