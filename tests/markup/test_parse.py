"""The XML gate: what passes, what does not, and that every bound holds exactly where it says."""

import codecs

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import GMAError, ParameterError, TooLarge
from gma_twisted.markup import XMLGate, XMLLimits

_LETTERS = [b"%c" % code for code in range(0x61, 0x7B)]
_NAMES = _LETTERS + [one + other for one in _LETTERS for other in _LETTERS]
_DOCTYPE = '<!DOCTYPE a [<!ENTITY e "boo">]><a>&e;</a>'


def _padded(document: bytes) -> bytes:
    """The document behind so many elements that no measuring is spared."""
    return b"<r>" + b"<e/>" * 64 + document + b"</r>"


class WellFormednessTests(SynchronousTestCase):
    """What is XML without a DTD gets in; nothing else does."""

    def _refused(self, document: bytes, *words: str) -> None:
        error = self.assertRaises(ParameterError, XMLGate().parse, document, "message")
        for word in ("message", *words):
            self.assertIn(word, str(error))

    def test_plain(self) -> None:
        """A document comes back as its root."""
        root = XMLGate().parse(b'<a b="1">x</a>')
        self.assertEqual((root.tag, root.get("b"), root.text), ("a", "1", "x"))

    def test_reused(self) -> None:
        """A gate lets good documents in after a bad one."""
        gate = XMLGate()
        self.assertRaises(ParameterError, gate.parse, b"<a>")
        self.assertEqual(gate.parse(b"<b/>").tag, "b")

    def test_notWellFormed(self) -> None:
        """Broken markup is refused with its place and without a quotation of the document."""
        for document in (b"", b"  ", b"<a>", b"<a/><b/>", b"<a/>x", b'<a b="1" b="2"/>', b"&e;"):
            self._refused(document, "not well-formed", "line 1")
        error = self.assertRaises(ParameterError, XMLGate().parse, b"<secret></other>")
        self.assertNotIn("secret", str(error))

    def test_undeclaredPrefix(self) -> None:
        """A prefix without a declaration is refused, on elements and on attributes."""
        self._refused(b"<p:a/>", "not well-formed")
        self._refused(b'<a p:b="1"/>', "not well-formed")

    def test_undefinedEntity(self) -> None:
        """Only the five entities of XML itself exist."""
        self._refused(b"<a>&nbsp;</a>", "not well-formed")
        self.assertEqual(XMLGate().parse(b"<a>&lt;&amp;&#65;</a>").text, "<&A")

    def test_doctype(self) -> None:
        """A document type declaration is refused, in every encoding we read."""
        for start in ("", '<?xml version="1.0"?>', " <!-- c -->"):
            self._refused((start + _DOCTYPE).encode(), "DOCTYPE")
        self._refused(_DOCTYPE.encode("utf-16"), "DOCTYPE")
        self._refused(codecs.BOM_UTF8 + _DOCTYPE.encode(), "DOCTYPE")

    def test_doctypeBehindOtherEncoding(self) -> None:
        """No guessing of encodings: UTF-16 and UTF-32 without a mark cannot carry a DOCTYPE past the search for it."""
        document = '<?xml version="1.0"?>' + _DOCTYPE
        for encoding in ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be", "utf-32", "cp037"):
            self._refused(document.encode(encoding), "not well-formed")

    def test_instruction(self) -> None:
        """A processing instruction is refused wherever it stands, and named."""
        for document in (b"<?x y?><a/>", b"<a><?x y?></a>", b"<a/><?x y?>"):
            self._refused(document, "<?x?>")

    def test_commentsAreDropped(self) -> None:
        """A comment may hold anything, and text around it is one text."""
        root = XMLGate().parse(b"<a>x<!-- <!DOCTYPE b> <?x?> --> y<b/></a>")
        self.assertEqual((root.text, len(root)), ("x y", 1))

    def test_cdata(self) -> None:
        """CDATA is text, also when it looks like a DOCTYPE or an instruction."""
        root = XMLGate().parse(b"<a>x<![CDATA[<!DOCTYPE y><?x?>]]>z</a>")
        self.assertEqual(root.text, "x<!DOCTYPE y><?x?>z")

    def test_declarations(self) -> None:
        """XML 1.0 in UTF-8 may be declared in every legal spelling, also beside a comment."""
        for declaration in (
            b'<?xml version="1.0"?>',
            b'<?xml version="1.0" encoding="utf-8"?>',
            b'<?xml version="1.0" encoding="UTF-8"?>',
            b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>",
            b'<?xml  version = "1.0"\tencoding = "utf8" ?>\n',
        ):
            self.assertEqual(XMLGate().parse(declaration + b"<a/>").tag, "a")
            self.assertEqual(XMLGate().parse(declaration + b"<!-- c --><a/>").tag, "a")

    def test_otherEncodings(self) -> None:
        """Other encodings and versions are refused by name."""
        self._refused(b'<?xml version="1.0" encoding="UTF-7"?><a/>', "UTF-7")
        self._refused(b'<?xml version="1.0" encoding="iso-8859-1"?><a/>', "iso-8859-1")
        self._refused(b'<?xml version="1.0" encoding="utf-16"?><a/>', "utf-16")
        self._refused(b'<?xml version="1.1"?><a/>', "XML 1.0")
        self._refused(b'<?xml-stylesheet href="x"?><a/>', "XML declaration")

    def test_secondDeclaration(self) -> None:
        """An XML declaration anywhere but at the start is refused."""
        self._refused(b' <?xml version="1.0"?><a/>', "not well-formed")
        self._refused(b'<?xml version="1.0"?><?xml version="1.0"?><a/>', "not well-formed")

    def test_badCharacters(self) -> None:
        """Bytes that are no UTF-8 and characters that are no XML are refused."""
        for content in (b"\xff", b"\xe9", b"\xed\xa0\x80", b"\0", b"&#0;", b"&#xD800;", b"\x01"):
            self._refused(b"<a>" + content + b"</a>", "not well-formed")

    def test_utf16(self) -> None:
        """UTF-16 with its mark is read in both byte orders, declared or not."""
        for document in ("<a>é€</a>", '<?xml version="1.0" encoding="UTF-16"?><a>é€</a>'):
            for mark, encoding in (
                (codecs.BOM_UTF16_LE, "utf-16-le"),
                (codecs.BOM_UTF16_BE, "utf-16-be"),
            ):
                self.assertEqual(XMLGate().parse(mark + document.encode(encoding)).text, "é€")

    def test_brokenUtf16(self) -> None:
        """What begins as UTF-16 has to be it, and to declare nothing else."""
        self._refused(b"\xff\xfe<", "UTF-16")
        self._refused(b"\xff\xfe\x00\xd8a\0", "UTF-16")
        self._refused('<?xml version="1.0" encoding="UTF-8"?><a/>'.encode("utf-16"), "UTF-16")

    def test_utf8Mark(self) -> None:
        """One byte order mark before UTF-8 is dropped, two are one too many."""
        self.assertEqual(XMLGate().parse(codecs.BOM_UTF8 + b"<a/>").tag, "a")
        self._refused(codecs.BOM_UTF8 * 2 + b"<a/>", "not well-formed")

    def test_namespaceURIsAreURIs(self) -> None:
        """What could break out of a start tag when it is written again never gets in as a namespace."""
        for uri in ("u>v", "u&lt;v", "u v", "u&quot;v", "u&#10;v"):
            self._refused(f'<a xmlns:x="{uri}"/>'.encode(), "not well-formed")

    @given(st.binary(max_size=60))
    def test_anything(self, data: bytes) -> None:
        """Whatever bytes come, the outcome is a root or an error of ours."""
        try:
            XMLGate().parse(b"<a>" + data + b"</a>")
            XMLGate().parse(data)
        except GMAError:
            pass

    @given(
        st.sampled_from(
            ["<?xml version='1.0' encoding='", "<!", "<?", "<![CDATA[", "<!--", "\ufeff"]
        ),
        st.text(max_size=30),
        st.sampled_from(["utf-8", "utf-16", "utf-16-le"]),
    )
    def test_declarationsFuzzed(self, start: str, rest: str, encoding: str) -> None:
        """Half declarations in any encoding end in a root or an error of ours."""
        try:
            XMLGate().parse(f"{start}{rest}<a/>".encode(encoding, "surrogatepass"))
        except GMAError:
            pass


class LimitTests(SynchronousTestCase):
    """Each bound lets its last value pass and names itself at the next."""

    def _bound(self, limits: XMLLimits, at: bytes, over: bytes, word: str) -> None:
        gate = XMLGate(limits)
        gate.parse(at)
        error = self.assertRaises(TooLarge, gate.parse, over, "message")
        self.assertIn("message", str(error))
        self.assertIn(word, str(error))

    def test_size(self) -> None:
        """The bytes of the document."""
        self._bound(XMLLimits(size=7), b"<a>1</a>"[:3] + b"</a>", b"<a>1</a>", "7 bytes")

    def test_depth(self) -> None:
        """The elements on the way to a leaf, by default 64."""
        self._bound(
            XMLLimits(), b"<a>" * 64 + b"</a>" * 64, b"<a>" * 65 + b"</a>" * 65, "64 elements"
        )

    def test_depthBeyondLibxml2(self) -> None:
        """What libxml2's own bound stops first is named the same way."""
        error = self.assertRaises(TooLarge, XMLGate().parse, b"<a>" * 300 + b"</a>" * 300)
        self.assertIn("deeper than 64 elements", str(error))

    def test_attributes(self) -> None:
        """The attributes of one element."""

        def document(count: int) -> bytes:
            return b"<a %b/>" % b" ".join(b'a%d="1"' % i for i in range(count))

        self._bound(XMLLimits(), document(64), document(65), "64 attributes")

    def test_elements(self) -> None:
        """The elements of the document."""
        self._bound(
            XMLLimits(elements=100),
            b"<r>" + b"<a/>" * 99 + b"</r>",
            b"<r>" + b"<a/>" * 100 + b"</r>",
            "100 elements",
        )

    def test_namespacesOfOneElement(self) -> None:
        """The declarations of one element."""

        def document(count: int) -> bytes:
            return b"<a %b/>" % b" ".join(b'xmlns:p%d="u"' % i for i in range(count))

        self._bound(XMLLimits(), document(64), document(65), "64 namespaces")

    def test_namespacesInScope(self) -> None:
        """Declarations of the elements around count; a prefix declared anew is still one; those of siblings do not."""

        def document(inner: int) -> bytes:
            outer = b" ".join(b'xmlns:p%d="u"' % i for i in range(40))
            own = b" ".join(b'xmlns:p%d="v"' % i for i in range(30, 40 + inner))
            return b"<r><a %b><b %b/></a><a %b/></r>" % (outer, own, outer)

        self._bound(XMLLimits(), document(24), document(25), "64 namespaces")

    def test_namespacesOfSiblings(self) -> None:
        """Declarations of elements that have ended are out of scope."""
        siblings = b"".join(
            b"<a %b/>" % b" ".join(b'xmlns:p%d="u"' % (40 * one + i) for i in range(40))
            for one in range(3)
        )
        self.assertEqual(len(XMLGate().parse(b"<r>" + siblings + b"</r>")), 3)

    def test_namespaceURI(self) -> None:
        """The bytes of a namespace URI are bounded as an attribute is."""
        self._bound(
            XMLLimits(),
            _padded(b'<a xmlns="%b"/>' % (b"u" * 65536)),
            _padded(b'<a xmlns="%b"/>' % (b"u" * 65537)),
            "65536 bytes",
        )

    def test_attribute(self) -> None:
        """The bytes of an attribute value, not its characters."""
        self._bound(
            XMLLimits(),
            _padded('<a b="{}"/>'.format("é" * 32768).encode()),
            _padded('<a b="{}x"/>'.format("é" * 32768).encode()),
            "attribute is longer than 65536 bytes",
        )

    def test_text(self) -> None:
        """The bytes of one run of text, not its characters."""
        half = 512 * 1024
        self._bound(
            XMLLimits(),
            f"<a>{'é' * half}</a>".encode(),
            f"<a>{'é' * half}x</a>".encode(),
            "text is longer than 1048576 bytes",
        )

    def test_textAfterAChild(self) -> None:
        """Text behind a child counts as text within."""
        limits = XMLLimits(text=100)
        self._bound(
            limits,
            b"<a><b/>" + b"x" * 100 + b"</a>",
            b"<a><b/>" + b"x" * 101 + b"</a>",
            "100 bytes",
        )

    def test_textOfManyPieces(self) -> None:
        """CDATA sections and text that become one run count together."""
        piece = b"<![CDATA[" + b"x" * 10 + b"]]>"
        self._bound(
            XMLLimits(text=1000),
            b"<a>" + piece * 100 + b"</a>",
            b"<a>" + piece * 101 + b"</a>",
            "1000 bytes",
        )

    def test_elementName(self) -> None:
        """The characters of an element's local name."""
        self._bound(
            XMLLimits(),
            _padded(b"<p:%b xmlns:p='u'/>" % (b"a" * 256)),
            _padded(b"<p:%b xmlns:p='u'/>" % (b"a" * 257)),
            "name is longer than 256",
        )

    def test_attributeName(self) -> None:
        """The characters of an attribute's local name."""
        self._bound(
            XMLLimits(),
            _padded(b"<a p:%b='' xmlns:p='u'/>" % (b"a" * 256)),
            _padded(b"<a p:%b='' xmlns:p='u'/>" % (b"a" * 257)),
            "name is longer than 256",
        )

    def test_nameBeyondLibxml2(self) -> None:
        """A name that libxml2 itself refuses is named the same way."""
        error = self.assertRaises(TooLarge, XMLGate().parse, b"<" + b"a" * 60000 + b"/>")
        self.assertIn("name is longer than 256", str(error))

    def test_namesOfSmallDocuments(self) -> None:
        """Names are measured in a document that needs no walk otherwise, too; long texts are no names."""
        for document in (
            "<{}/>",
            "<a {}='1'/>",
            "<p:{} xmlns:p='u'/>",
            "<a p:{}='1' xmlns:p='u'/>",
        ):
            self._bound(
                XMLLimits(),
                document.format("a" * 256).encode(),
                document.format("a" * 257).encode(),
                "name is longer than 256",
            )
        XMLGate().parse(f"<a b='{'x' * 1000}'>{'y' * 1000}</a>".encode())

    def test_namesAnywhere(self) -> None:
        """A name too long is found wherever it begins, and whatever the bound is."""
        for most in (1, 5, 6, 7, 12, 13, 14, 40):
            gate = XMLGate(XMLLimits(name=most))
            for before in range(15):
                for name in (b"a" * most, b"a" * (most + 1)):
                    document = b"<b%b %b=''/>" % (b" " * before, name)
                    if len(name) > most:
                        error = self.assertRaises(TooLarge, gate.parse, document)
                        self.assertIn(f"name is longer than {most}", str(error))
                    else:
                        gate.parse(document)

    def test_namesAreCountedInCharacters(self) -> None:
        """A name of 256 letters passes in any script."""
        self._bound(
            XMLLimits(),
            f"<{'é' * 256}/>".encode(),
            f"<{'é' * 257}/>".encode(),
            "name is longer than 256",
        )

    def test_tightLimitsHoldForSmallDocuments(self) -> None:
        """Limits below the default ones hold also where default ones need no measuring."""
        for limits, document in (
            (XMLLimits(depth=2), b"<a><b><c/></b></a>"),
            (XMLLimits(elements=2), b"<a><b/><c/></a>"),
            (XMLLimits(attributes=1), b'<a b="1" c="2"/>'),
            (XMLLimits(namespaces=1), b'<a xmlns:b="1" xmlns:c="2"/>'),
            (XMLLimits(text=3), b"<a>1234</a>"),
            (XMLLimits(attribute=3), b'<a b="1234"/>'),
        ):
            self.assertRaises(TooLarge, XMLGate(limits).parse, document)

    def test_shortestDocuments(self) -> None:
        """No document is too short to be counted, however few bytes it takes to pass a limit."""

        def levels(most: int) -> bytes:
            return b"<a>" * (most - 1) + b"<a/>" + b"</a>" * (most - 1)

        def elements(most: int) -> bytes:
            return b"<a>" + b"<a/>" * (most - 1) + b"</a>"

        def attributes(most: int) -> bytes:
            return b"<a%b/>" % b"".join(b" %b=''" % name for name in _NAMES[:most])

        def declared(most: int) -> bytes:
            return b"<a%b/>" % b"".join(b" xmlns:%b='u'" % name for name in _NAMES[:most])

        for most in range(2, 70):
            for limits, document, word in (
                (XMLLimits(depth=most), levels, f"deeper than {most} elements"),
                (XMLLimits(elements=most), elements, f"more than {most} elements"),
                (XMLLimits(attributes=most), attributes, f"{most} attributes"),
                (XMLLimits(namespaces=most), declared, f"{most} namespaces"),
            ):
                self._bound(limits, document(most), document(most + 1), word)

    def test_tagsWhereverTheyStand(self) -> None:
        """A name too long, and a tag of too much, is found before, between and behind elements that are short."""

        def named(size: int) -> bytes:
            return b"<%b/>" % (b"a" * size)

        def crowded(size: int) -> bytes:
            return b"<a%b/>" % b"".join(b" %b=''" % name for name in _NAMES[:size])

        for most in (2, 7, 20, 64):
            for before in range(0, most, 1 + most // 9):
                for after in range(0, most, 1 + most // 9):
                    for limits, tag, word in (
                        (XMLLimits(name=most), named, f"name is longer than {most}"),
                        (XMLLimits(attributes=most), crowded, f"{most} attributes"),
                    ):
                        short = b"<r>" + b"<a/>" * before, b"<a/>" * after + b"</r>"
                        self._bound(limits, tag(most).join(short), tag(most + 1).join(short), word)

    @given(st.integers(1, 12), st.integers(1, 12), st.integers(0, 70))
    def test_depthIsExact(self, limit: int, depth: int, siblings: int) -> None:
        """A document passes exactly when it is not deeper than the bound, whatever stands beside."""
        document = b"<a>" * depth + b"</a>" * (depth - 1) + b"<b/>" * siblings + b"</a>"
        deepest = max(depth, 2 if siblings else 1)
        try:
            XMLGate(XMLLimits(depth=limit)).parse(document)
            passed = True
        except TooLarge:
            passed = False
        self.assertEqual(passed, deepest <= limit)
