"""What verbs print: aligned, and without anything that steers a terminal."""

import json

import click
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.command.output import Format, Table, safe, say, show

# A cursor that moves, text that runs backwards, a cursor sequence of one byte, half a character, a bell.
HOSTILE = "a\x1b[2J\u202eb\x9b1A\ud800\x07c\n\td"


def printed(format: Format, document: object) -> str:
    """What comes of a document, in any format."""

    @click.command()
    def verb() -> None:
        text = str(document).encode("utf-8", "replace").decode()
        xml = f"<a b='{text}'>{text}</a>".encode()
        show(
            format,
            lambda: [Table(["A", "B"], [[str(document), "1"]]), Table(["C"], [["2"]])],
            lambda: {"text": document},
            lambda: xml,
        )

    ended = CliRunner().invoke(verb, [])
    assert ended.exit_code == 0, ended.exception
    return ended.stdout


class OutputTests(SynchronousTestCase):
    """Tables, JSON and XML."""

    def test_table(self) -> None:
        """Columns are aligned, tables apart, and nothing is at the end of a line."""
        self.assertEqual(printed(Format.TABLE, "long"), "A     B\nlong  1\n\nC\n2\n")

    def test_hostileTable(self) -> None:
        """A cell is one line of printable characters."""
        lines = printed(Format.TABLE, HOSTILE).splitlines()
        self.assertEqual(lines[1], "a\ufffd[2J\ufffdb\ufffd1A\ufffd\ufffdc  d  1")

    def test_hostileJSON(self) -> None:
        """JSON is printable and says the same."""
        text = printed(Format.JSON, HOSTILE)
        self.assertTrue(text.replace("\n", "").isprintable())
        self.assertEqual(json.loads(text), {"text": HOSTILE})

    def test_hostileXML(self) -> None:
        """XML is printable and says the same; what XML cannot hold is not in it."""
        told = "a\x9b1A\u202eb \u200ec"
        text = printed(Format.XML, told)
        self.assertTrue(text.replace("\n", "").isprintable())
        root = etree.fromstring(text)
        self.assertEqual((root.text, root.get("b")), (told, told))

    def test_letters(self) -> None:
        """What people write is left as it is, in all of them."""
        for format in Format:
            self.assertIn("Zürich 東京 €", printed(format, "Zürich 東京 €"))

    def test_oneLine(self) -> None:
        """What is said beside is one line, on the standard error."""

        @click.command()
        def verb() -> None:
            say("one\nline\x1b")

        ended = CliRunner().invoke(verb, [])
        self.assertEqual((ended.stdout, ended.stderr), ("", "one line\ufffd\n"))

    @given(st.text())
    def test_safe(self, text: str) -> None:
        """Every text becomes printable, of the same length; what was printable is left alone."""
        self.assertTrue(safe(text).isprintable())
        self.assertEqual(len(safe(text)), len(text))
        if text.isprintable():
            self.assertEqual(safe(text), text)
