"""A line of the audit as bytes."""

import json

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.model import Deed
from gma_twisted.security.audit.chain import (
    BEGINNING,
    MAX_LINE,
    Note,
    deedFields,
    noteFields,
    readLink,
    seal,
)
from tests.security.audit import TIME, deed

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
DEEDS = st.builds(Deed, TEXTS, TEXTS, TEXTS, TEXTS, TEXTS, st.just("c0ffee"), TEXTS, TEXTS)


class LineTests(SynchronousTestCase):
    """What is written is read."""

    def test_line(self) -> None:
        """A line is JSON of who, from where, what, on what, with what result, and the two hashes."""
        done = deed()
        done.target, done.made = "http://a/s", "http://b/e"
        line, own = seal(7, TIME, deedFields(done), BEGINNING)
        self.assertEqual(
            json.loads(line),
            {
                "sequence": 7,
                "time": TIME,
                "who": "bob",
                "from": "192.0.2.1",
                "operation": "{urn:x}renew",
                "path": "/s",
                "target": "http://a/s",
                "made": "http://b/e",
                "result": "ok",
                "correlation": "c0ffee",
                "previous": BEGINNING,
                "hash": own,
            },
        )
        self.assertTrue(line.endswith(b'"}\n'))

    def test_note(self) -> None:
        """What the audit says of itself is a line of the operation "audit"."""
        line, _ = seal(1, TIME, noteFields(Note("cut", "9 bytes were cut", count=9)), BEGINNING)
        link = readLink(line)
        assert link is not None
        facts = {
            name: link.fields[name] for name in ("who", "operation", "target", "result", "count")
        }
        told = {
            "who": "",
            "operation": "audit",
            "target": "9 bytes were cut",
            "result": "cut",
            "count": 9,
        }
        self.assertEqual(facts, told)

    @given(DEEDS, st.integers(1, 10**15))
    def test_anything(self, done: Deed, sequence: int) -> None:
        """Whatever a peer sends is one line of ASCII, shorter than the longest, and reads back."""
        line, own = seal(sequence, TIME, deedFields(done), BEGINNING)
        self.assertEqual(line.count(b"\n"), 1)
        self.assertTrue(line.isascii())
        self.assertLess(len(line), MAX_LINE)
        link = readLink(line)
        assert link is not None
        self.assertEqual((link.sequence, link.previous, link.hash), (sequence, BEGINNING, own))

    @given(st.integers(0, 400), st.integers(0, 7))
    def test_flipped(self, at: int, bit: int) -> None:
        """A line with one bit turned over is none."""
        line = bytearray(seal(7, TIME, deedFields(deed()), BEGINNING)[0])
        line[at % len(line)] ^= 1 << bit
        self.assertIsNone(readLink(bytes(line)))

    @given(st.binary(max_size=300))
    def test_foreign(self, data: bytes) -> None:
        """What is no line is none."""
        self.assertIsNone(readLink(data))
