"""Freeing documents of a harmless document type."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ParameterError, ProviderFailed, TooLarge
from gma_twisted.markup import XMLGate
from gma_twisted.providers.doctypes import withoutDoctype

_PIECES = (
    *("<!DOCTYPE a [", "<!ELEMENT a ANY>", "<!ATTLIST a b CDATA '>'>", "<!ENTITY x 'y'>"),
    *("%x;", "&x;", "]>", "<a>", "</a>", "<?x?>", "<!--", "-->", '"', "'", " ", "]", ">"),
)


def stripped(text: str | bytes) -> str:
    """Without its document type."""
    return withoutDoctype(text if isinstance(text, bytes) else text.encode(), "it")


class DoctypeTests(SynchronousTestCase):
    """withoutDoctype."""

    def test_stripped(self) -> None:
        """Declarations of elements and attributes go, with comments between them; all else stays as it is."""
        for before in (
            "",
            "<!DOCTYPE a>",
            " \n<!DOCTYPE a[]>",
            "<!-- one - two --><!DOCTYPE a [\n<!ELEMENT a (b|c)*>\n<!-- <!ENTITY x 'y'> -->\n]\n>",
            '<!DOCTYPE a [<!ATTLIST a b CDATA \'a>b%c;"\' c (x|y) "]>"><!ELEMENT b EMPTY>]>',
        ):
            for declaration in (
                "",
                '<?xml version="1.0"?>',
                "<?xml version='1.0' encoding='UTF-8'?>",
            ):
                rest = "\n<a b=']>'><!-- [] --><![CDATA[<!DOCTYPE]]></a>"
                self.assertEqual(stripped(declaration + before + rest), rest)

    def test_encodings(self) -> None:
        """It is read in the encoding it declares."""
        for encoding in ("ISO-8859-1", "iso-8859-1", "utf-8", "US-ASCII"):
            text = "ae" if encoding == "US-ASCII" else "\xe4\x80\xe9"
            head = f'<?xml version="1.0" encoding="{encoding}" standalone="yes"?>'.encode()
            self.assertEqual(stripped(head + text.encode(encoding)), text)

    def test_otherEncodings(self) -> None:
        """Other encodings are named, and so is what is not in the one that is declared."""
        for head, why in (
            (b"<?xml version='1.0' encoding='UTF-7'?>", "is in encoding UTF-7, which is not read"),
            (b"<?xml version='1.0' encoding='ascii'?>", "is not in ascii, byte 3"),
            (b"", "is not in utf-8, byte 3"),
        ):
            error = self.assertRaises(ProviderFailed, stripped, head + b"<a>\xff</a>")
            self.assertEqual(str(error), f"it {why}")

    def test_refused(self) -> None:
        """Whatever else a document type may hold is refused, and shown."""
        for held in (
            "<!ENTITY x 'y'>",
            "<!ENTITY % x 'y'>",
            "<!ENTITY x SYSTEM 'file:///etc/passwd'>",
            "%x;",
            "<?php x?>",
            "<!NOTATION x SYSTEM 'y'>",
            "<!ELEMENT a (%x;)>",
            "<!ATTLIST a %x;>",
            "<![INCLUDE[<!ENTITY x 'y'>]]>",
            "<!ELEMENT a <!ENTITY x 'y'>>",
            "<!ELEMENT a 'x<!ENTITY>'>",
            "<!ELEMENTS a>",
            "<!-- a -- b -->",
            "<!-- a",
            "x",
        ):
            document = f"<!DOCTYPE a [<!ELEMENT b EMPTY>\n{held}]><a/>"
            error = self.assertRaises(ProviderFailed, stripped, document)
            self.assertIn(
                "declares more than elements and attributes in its document type", str(error)
            )
            self.assertIn(held[:20], str(error))

    def test_elsewhere(self) -> None:
        """A document type that is to be read from elsewhere is refused."""
        for name in ("SYSTEM 'http://x/'", "PUBLIC 'x' 'y'", "SYSTEM 'x' []"):
            error = self.assertRaises(ProviderFailed, stripped, f"<!DOCTYPE a {name}><a/>")
            self.assertEqual(str(error), "it has a document type that is elsewhere")

    def test_cutOff(self) -> None:
        """One that does not end is told so."""
        error = self.assertRaises(ProviderFailed, stripped, "<!DOCTYPE a [<!ELEMENT a EMPTY>")
        self.assertEqual(str(error), "it was cut off in its document type")

    def test_second(self) -> None:
        """Only one is stripped, and only before the root: the gate refuses every other."""
        for text in (
            "<!DOCTYPE a[]><!DOCTYPE a[]><a/>",
            "<a><!DOCTYPE a[]></a>",
            "x<!DOCTYPE a[]><a/>",
        ):
            self.assertRaises(ParameterError, XMLGate().parse, stripped(text).encode())

    @given(st.lists(st.sampled_from(_PIECES), max_size=12))
    def test_anything(self, pieces: list[str]) -> None:
        """Whatever begins as it likes, what the gate lets in afterwards has no entity that was declared."""
        try:
            root = XMLGate().parse(stripped("".join(pieces)).encode())
        except (ProviderFailed, ParameterError, TooLarge):
            return
        self.assertNotIn("y", root.text or "")
