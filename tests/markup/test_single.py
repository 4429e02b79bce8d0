"""What may be put into a message as it is."""

from hypothesis import given, strategies
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError
from gma_twisted.markup import XMLGate, checkOneElement

DECLARED = {"p": "urn:p", "q": "urn:q&r"}


class OneElementTests(SynchronousTestCase):
    """Bytes that shall be one element."""

    def test_good(self) -> None:
        """One element with whatever is in it; the prefixes of the place are declared."""
        for one in (
            b"<x/>",
            b"<p:x q:a='1'/>",
            b"<x xmlns='urn:x' xmlns:z='urn:z'><z:y>text &amp; &#228; <![CDATA[<]]></z:y></x>",
            b" <!-- beside --> <x><y/><y/></x>\n",
            "<x>\u00e4</x>".encode(),
        ):
            checkOneElement(one, DECLARED)

    def test_bad(self) -> None:
        """Anything else is refused, also what would be good anywhere but here."""
        for one in (
            b"",
            b"text",
            b"</x>",
            b"<x/><y/>",
            b"<x/>text",
            b"<x/></r><r>",
            b"<zz:x/>",
            b"<x zz:a='1'/>",
            b"<x>&nbsp;</x>",
            b"<x>\xff</x>",
            b"<x",
            b"<?xml version='1.0'?><x/>",
            b"<!DOCTYPE x><x/>",
            b"<!DOCTYPE x [<!ENTITY a 'b'>]><x>&a;</x>",
            b"<?php?><x/>",
            b"<x><?php?></x>",
        ):
            self.assertRaises(ParameterError, checkOneElement, one, DECLARED)

    def test_said(self) -> None:
        """The message says what is wrong."""
        error = self.assertRaises(ParameterError, checkOneElement, b"<zz:x/>", DECLARED)
        self.assertIn("unbound prefix", error.message)

    @given(strategies.text(alphabet="<>/xp:!? -=\"'&;[]", max_size=14))
    def test_asClients(self, text: str) -> None:
        """What passes, a client reads as one element of its place."""
        data = text.encode()
        try:
            checkOneElement(data, DECLARED)
        except ParameterError:
            return
        root = XMLGate().parse(b"<r xmlns:p='urn:p' xmlns:q='urn:q'>%s</r>" % data)
        self.assertEqual(len(root), 1)
        self.assertEqual((root.text or "").strip() + (root[0].tail or "").strip(), "")
