"""How many refused calls are written down."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.security.audit.refusals import Refusals


class RefusalTests(SynchronousTestCase):
    """Spans of time."""

    def test_perPeer(self) -> None:
        """Who is refused more often than that is left out, and nobody else."""
        refusals = Refusals(perCaller=2)
        self.assertEqual([refusals.admit("a") for _ in range(4)], [True, True, False, False])
        self.assertTrue(refusals.admit("b"))
        (note,) = refusals.end()
        self.assertEqual((note.peer, note.count), ("a", 2))
        self.assertTrue(refusals.admit("a"))

    def test_known(self) -> None:
        """Of those who are known it is told who they are."""
        refusals = Refusals(perCaller=1, areKnown=True)
        self.assertEqual([refusals.admit("bob") for _ in range(3)], [True, False, False])
        (note,) = refusals.end()
        self.assertEqual((note.who, note.peer, note.count), ("bob", "", 2))

    def test_room(self) -> None:
        """In a file whose share is taken more are counted, which is said once; the next file has room again."""
        refusals = Refusals(room=100)
        self.assertTrue(refusals.admit("a"))
        refusals.take(100)
        self.assertEqual([refusals.admit("a"), refusals.admit("b")], [False, False])
        (note,) = refusals.end()
        self.assertIn("their share of this file", note.said)
        self.assertFalse(refusals.admit("b"))
        self.assertEqual(refusals.end(), [])
        (note,) = refusals.turn()
        self.assertEqual(note.count, 3)
        self.assertEqual(refusals.turn(), [])
        self.assertTrue(refusals.admit("a"))

    def test_together(self) -> None:
        """Many peers together write no more than all may."""
        refusals = Refusals(perCaller=2, all=5)
        self.assertEqual(sum(refusals.admit(str(number)) for number in range(100)), 5)

    @given(st.lists(st.integers(0, 60), max_size=400))
    def test_counted(self, peers: list[int]) -> None:
        """Every call is written down or counted, in a few notes, however many peers there are."""
        refusals = Refusals(perCaller=2, all=30, callers=20)
        written = sum(refusals.admit(f"p{peer}") for peer in peers)
        notes = refusals.end()
        self.assertEqual(written + sum(note.count for note in notes), len(peers))
        self.assertLessEqual(written, 30)
        self.assertLessEqual(len(notes), 17)
        self.assertFalse(refusals.isOpen)
