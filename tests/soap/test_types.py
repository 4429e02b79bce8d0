"""Types on the wire: what is written is read again, what is malformed is refused by name."""

import math
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, TooLarge
from gma_twisted.markup import Element, XMLGate, escapeAttribute, escapeText, serialise
from gma_twisted.markup.namespaces import PREFIXES
from gma_twisted.model import Expression, Handle, Locator, QName, TerminationTime
from gma_twisted.soap.types import (
    BOOLEAN,
    DATETIME,
    EXTENSIBILITY,
    HANDLE,
    INTEGER,
    LOCATOR,
    QNAME,
    SECONDS,
    STRING,
    TERMINATION_TIME,
    WHEN,
    Layout,
    Part,
    PartType,
    Struct,
    readParts,
    writeParts,
)
from gma_twisted.soap.types.ogsi import MAX_LOCATOR, MAX_REFERENCES
from tests.soap.messages import OGSI

_DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in PREFIXES.items())
_LOCAL = st.from_regex(r"[A-Za-z_][A-Za-z0-9_.\-]{0,10}", fullmatch=True)
# Two slashes at the start would begin an authority, which takes no ":" alone.
_URI = st.from_regex(r"urn:[a-z0-9][a-z0-9:/?&=]{0,19}", fullmatch=True)
_XML = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=30)
_MOMENTS = st.one_of(st.none(), st.just(math.inf), st.integers(0, 10**10).map(float))


def _parsed(content: bytes) -> Element:
    return XMLGate().parse(f"<r {_DECLARED}>".encode() + content + b"</r>")[0]


def _through(type: PartType, value: Any) -> Any:
    return type.read(_parsed(type.write("ogsi:x", value)))


class ScalarTests(SynchronousTestCase):
    """Text of one simple type."""

    @given(_XML)
    def test_string(self, text: str) -> None:
        """A text comes back as it was, blanks and markup included."""
        self.assertEqual(_through(STRING, text), text)

    @given(st.integers(-(2**31), 2**31 - 1))
    def test_integer(self, value: int) -> None:
        """Every xsd:int comes back."""
        self.assertEqual(_through(INTEGER, value), value)

    def test_notInteger(self) -> None:
        """What is no xsd:int is refused: odd signs, other digits, too large."""
        for text in (
            "",
            "+-5",
            "--5",
            "5-",
            "1.0",
            "1e3",
            "٣",
            "2147483648",
            "-2147483649",
            "9" * 40,
        ):
            self.assertRaises(ParameterError, INTEGER.fromText, text)

    def test_others(self) -> None:
        """Booleans, seconds, instants and handles come back."""
        self.assertEqual([_through(BOOLEAN, value) for value in (True, False)], [True, False])
        self.assertEqual(_through(SECONDS, 1.5), 1.5)
        self.assertEqual(_through(DATETIME, 12.5), 12.5)
        self.assertEqual([_through(WHEN, value) for value in (12.5, math.inf)], [12.5, math.inf])
        self.assertEqual(_through(HANDLE, Handle("http://h/x?a=1&b=2")).url, "http://h/x?a=1&b=2")

    def test_errorNamesTheElement(self) -> None:
        """A malformed value is refused with the name of its element."""
        error = self.assertRaises(
            ParameterError, BOOLEAN.read, _parsed(b"<ogsi:flag>maybe</ogsi:flag>")
        )
        self.assertIn("flag", str(error))
        self.assertIn("maybe", str(error))

    def test_elementsInside(self) -> None:
        """A simple value with elements in it is refused, not cut at the first one."""
        self.assertRaises(ParameterError, STRING.read, _parsed(b"<ogsi:s>abc<b/>def</ogsi:s>"))


class QNameTests(SynchronousTestCase):
    """QNames as element values."""

    @given(_URI, _LOCAL)
    def test_roundTrip(self, namespace: str, local: str) -> None:
        """A name comes back, whatever its namespace."""
        self.assertEqual(_through(QNAME, QName(namespace, local)), QName(namespace, local))

    def test_noNamespace(self) -> None:
        """So does one without a namespace."""
        self.assertEqual(_through(QNAME, QName("", "a")), QName("", "a"))

    def test_clark(self) -> None:
        """Clark notation is read too (WIRE 1)."""
        self.assertEqual(QNAME.read(_parsed(b"<ogsi:n> {urn:x}a </ogsi:n>")), QName("urn:x", "a"))


class ExtensibilityTests(SynchronousTestCase):
    """Exactly one child of any name."""

    def _read(self, content: str) -> Expression:
        return EXTENSIBILITY.read(_parsed(f"<ogsi:e>{content}</ogsi:e>".encode()))

    def test_child(self) -> None:
        """The child is handed over unread, with its name."""
        expression = self._read('<q xmlns="urn:q"><a/></q>')
        self.assertEqual((expression.name, expression.read(len)), (QName("urn:q", "q"), 1))

    def test_written(self) -> None:
        """Bytes of one element are written as they are."""
        self.assertEqual(EXTENSIBILITY.write("ogsi:e", b"<a/>"), b"<ogsi:e><a/></ogsi:e>")

    def test_wrongNumber(self) -> None:
        """No child, two, or plain text are refused."""
        for content in ("", "<a/><b/>", "text"):
            error = self.assertRaises(ExtensibilityTypeError, self._read, content)
            self.assertIn("exactly one child", str(error))

    def test_escaped(self) -> None:
        """An expression as an escaped string is read, our prefixes assumed (old Perl clients)."""
        expression = self._read(
            "\n&lt;ogsi:queryByServiceDataNames names=&quot;ogsi:entry&quot;/&gt;"
        )
        self.assertEqual(expression.name, QName(OGSI, "queryByServiceDataNames"))
        self.assertEqual(expression.read(lambda tree: tree.get("names")), "ogsi:entry")

    def test_escapedNonsense(self) -> None:
        """An escaped string is behind the same gate, and is one element."""
        for text in (
            "<a>",
            "<a/><b/>",
            "</wrapped><wrapped>",
            "<!DOCTYPE a><a/>",
            "<?pi?><a/>",
            "<p:a/>",
            "<a>" * 70 + "</a>" * 70,
        ):
            escaped = text.replace("<", "&lt;")
            self.assertRaises(ExtensibilityTypeError, self._read, escaped)


def _leaf(name: str, uri: str, text: str) -> str:
    inside = escapeText(text)
    declared = f'xmlns:p="{escapeAttribute(uri)}"'
    return f'<p:{name} {declared} p:a="{escapeAttribute(text)}">{inside}</p:{name}>'


_REFERENCE = st.recursive(
    st.builds(_leaf, _LOCAL, _URI, _XML),
    lambda inner: st.tuples(_LOCAL, st.lists(inner, max_size=3)).map(
        lambda of: f"<{of[0]}>{''.join(of[1])}</{of[0]}>"
    ),
    max_leaves=6,
)


def _reference(content: str, attributes: str = "") -> bytes:
    text = f"<ogsi:l><ogsi:reference{attributes}>{content}</ogsi:reference></ogsi:l>"
    (found,) = LOCATOR.read(_parsed(text.encode())).references
    return bytes(found)


class LocatorTests(SynchronousTestCase):
    """Handles, references and interfaces of a service."""

    @given(
        st.lists(st.integers(0, 99), max_size=5),
        st.lists(st.builds(QName, _URI, _LOCAL), max_size=5),
        st.lists(_REFERENCE, max_size=5),
    )
    def test_roundTrip(
        self, handles: list[int], interfaces: list[QName], references: list[str]
    ) -> None:
        """Everything comes back in order, references to the byte, and again."""
        locator = Locator(
            tuple(Handle(f"http://h/{number}") for number in handles),
            tuple(interfaces),
            tuple(_reference(one) for one in references),
        )
        self.assertEqual(_through(LOCATOR, locator), locator)
        self.assertEqual(_through(LOCATOR, _through(LOCATOR, locator)), locator)

    def test_equivalent(self) -> None:
        """A reference is the same whatever the message around it declares, and however its attributes stand."""
        spellings = (
            '<o:l xmlns:o="{o}"><o:reference xmlns:x="urn:x" b="2" a=\'1\'><x:at></x:at></o:reference></o:l>',
            '<o:l xmlns:o="{o}" xmlns:x="urn:x" xmlns:y="urn:y"><o:reference  a="1" b="2"><x:at/></o:reference></o:l>',
        )
        one, other = (
            LOCATOR.read(XMLGate().parse(text.format(o=OGSI).encode())) for text in spellings
        )
        self.assertEqual(one, other)
        self.assertEqual(
            one.references,
            (
                f'<o:reference xmlns:o="{OGSI}" a="1" b="2"><x:at xmlns:x="urn:x"></x:at>'
                "</o:reference>".encode(),
            ),
        )

    def test_selfContained(self) -> None:
        """Names in texts and attributes of a reference keep what their prefixes mean."""
        content = '<type xsi:type="xsd:QName">gma:service</type>'
        tree = XMLGate().parse(_reference(content))[0]
        self.assertEqual(
            [tree.nsmap[prefix] for prefix in ("xsi", "xsd", "gma")],
            [PREFIXES[prefix] for prefix in ("xsi", "xsd", "gma")],
        )
        self.assertNotIn("glue", tree.nsmap)

    def test_unqualified(self) -> None:
        """Children without a namespace are read too, and written with OGSI's."""
        element = _parsed(
            b"<ogsi:l><reference><x/></reference><handle> http://h/ </handle>"
            b"<interface>ogsi:P</interface></ogsi:l>"
        )
        locator = LOCATOR.read(element)
        self.assertEqual(locator.handles, (Handle("http://h/"),))
        self.assertEqual(locator.interfaces, (QName(OGSI, "P"),))
        self.assertEqual(XMLGate().parse(locator.references[0]).tag, f"{{{OGSI}}}reference")
        self.assertEqual(_through(LOCATOR, locator), locator)

    def test_bounds(self) -> None:
        """64 of each kind and no more; the error names which."""
        for child in (
            "<ogsi:handle>http://h/</ogsi:handle>",
            "<ogsi:reference/>",
            "<ogsi:interface>ogsi:P</ogsi:interface>",
        ):
            kind = child.partition(">")[0].partition(":")[2].rstrip("/")
            full = _parsed(f"<ogsi:l>{child * MAX_LOCATOR}</ogsi:l>".encode())
            self.assertTrue(LOCATOR.read(full))
            over = _parsed(f"<ogsi:l>{child * (MAX_LOCATOR + 1)}</ogsi:l>".encode())
            error = self.assertRaises(TooLarge, LOCATOR.read, over)
            self.assertEqual(str(error), f"a locator has more than 64 {kind}s")

    def test_size(self) -> None:
        """All references together have a bound."""
        half = "x" * (MAX_REFERENCES // 2)
        one, two = (
            _parsed(f"<ogsi:l>{f'<ogsi:reference>{half}</ogsi:reference>' * n}</ogsi:l>".encode())
            for n in (1, 2)
        )
        self.assertEqual(len(LOCATOR.read(one).references), 1)
        self.assertRaises(TooLarge, LOCATOR.read, two)

    def test_malformed(self) -> None:
        """Anything else in it, and handles that are none, are refused."""
        for content in (
            b"<ogsi:other/>",
            b"<gma:handle>http://h/</gma:handle>",
            b"<ogsi:handle>nowhere</ogsi:handle>",
            b"<ogsi:handle>http://h/<x/></ogsi:handle>",
            b"<ogsi:interface>q:x</ogsi:interface>",
        ):
            self.assertRaises(
                ParameterError, LOCATOR.read, _parsed(b"<ogsi:l>" + content + b"</ogsi:l>")
            )


class TerminationTimeTests(SynchronousTestCase):
    """Three times as attributes."""

    @given(_MOMENTS, _MOMENTS, _MOMENTS)
    def test_roundTrip(
        self, after: float | None, before: float | None, timestamp: float | None
    ) -> None:
        """Times come back, absent ones as absent."""
        value = TerminationTime(after, before, timestamp)
        self.assertEqual(_through(TERMINATION_TIME, value), value)

    def test_unqualified(self) -> None:
        """Attributes without a namespace are read too; written they are qualified."""
        element = _parsed(b'<ogsi:t after="1970-01-01T00:00:01Z" ogsi:before="infinity"/>')
        self.assertEqual(TERMINATION_TIME.read(element), TerminationTime(1.0, math.inf, None))
        self.assertEqual(
            TERMINATION_TIME.write("ogsi:t", TerminationTime(1.0)),
            b'<ogsi:t ogsi:after="1970-01-01T00:00:01Z"/>',
        )

    def test_outOfRange(self) -> None:
        """Times no calendar holds are accepted (OGSI 1.0, 7.6): far ahead as infinity, long ago as long ago."""
        element = _parsed(
            b'<ogsi:t ogsi:after="-99999999999-01-01T00:00:00Z" ogsi:before=" infinity "'
            b' ogsi:timestamp="123456789012-12-31T23:59:59Z"/>'
        )
        value = TERMINATION_TIME.read(element)
        self.assertEqual(value, TerminationTime(-math.inf, math.inf, math.inf))
        self.assertIn(b'ogsi:after="0001-01-01T00:00:00Z"', TERMINATION_TIME.write("ogsi:t", value))
        self.assertEqual(WHEN.fromText("99999999999-01-01T00:00:00Z"), math.inf)


_PARTS = (
    Part("one", STRING),
    Part.optional("two", INTEGER),
    Part.many("three", BOOLEAN),
)
_STRUCT = Struct(QName(OGSI, "S"), _PARTS, lambda **parts: parts, lambda value: value)


class PartsTests(SynchronousTestCase):
    """Children of a message or structure."""

    def _read(self, content: str) -> dict[str, Any]:
        return readParts(_parsed(f"<ogsi:m>{content}</ogsi:m>".encode()), OGSI, _PARTS)

    def _refused(self, content: str, word: str) -> None:
        error = self.assertRaises(ParameterError, self._read, content)
        self.assertIn(word, str(error))

    def test_all(self) -> None:
        """Every part gives its value; one that repeats gives a list."""
        self.assertEqual(
            self._read(
                "<ogsi:one>a</ogsi:one><ogsi:two>2</ogsi:two>"
                "<ogsi:three>true</ogsi:three><ogsi:three>0</ogsi:three>"
            ),
            {"one": "a", "two": 2, "three": [True, False]},
        )

    def test_least(self) -> None:
        """What may be missing is None, or an empty list."""
        self.assertEqual(self._read("<ogsi:one/>"), {"one": "", "two": None, "three": []})

    def test_order(self) -> None:
        """Any order is read, also without the namespace."""
        self.assertEqual(
            self._read("<three>1</three><ogsi:two>2</ogsi:two><one>a</one>")["one"], "a"
        )

    def test_nil(self) -> None:
        """An optional part that is nil is missing; a required one is not."""
        content = '<ogsi:one>a</ogsi:one><ogsi:two xsi:nil="true"/><ogsi:three xsi:nil="1"/>'
        self.assertEqual(self._read(content), {"one": "a", "two": None, "three": []})
        self.assertEqual(self._read('<ogsi:one xsi:nil="true"/>')["one"], "")
        for other in ('xsi:nil="false"', 'nil="true"', 'id="a"'):
            content = f"<ogsi:one/><ogsi:two {other}>2</ogsi:two>"
            self.assertEqual(self._read(content)["two"], 2)

    def test_refused(self) -> None:
        """Missing, repeated, unknown and foreign children are refused by name."""
        self._refused("", "one is missing")
        self._refused("<ogsi:one/><ogsi:one/>", "one is there twice")
        self._refused("<ogsi:one/><ogsi:four/>", "four")
        self._refused("<ogsi:one/><gma:two>2</gma:two>", "two")
        self._refused("<ogsi:one/><ogsi:two>x</ogsi:two>", "two")

    def test_bound(self) -> None:
        """A part comes as often as it may, and not more."""
        parts = (Part("a", STRING, 0, 2),)
        readParts(_parsed(b"<m><a/><a/></m>"), OGSI, parts)
        error = self.assertRaises(
            ParameterError, readParts, _parsed(b"<m><a/><a/><a/></m>"), OGSI, parts
        )
        self.assertIn("more than 2", str(error))

    def test_written(self) -> None:
        """Parts are written in declared order, absent ones not at all."""
        self.assertEqual(
            writeParts(OGSI, _PARTS, {"three": [True, False], "two": None, "one": "a"}),
            b"<ogsi:one>a</ogsi:one><ogsi:three>true</ogsi:three><ogsi:three>false</ogsi:three>",
        )

    def test_inOrder(self) -> None:
        """A layout writes values in declared order: one for each part, not more and not fewer."""
        layout = Layout(OGSI, _PARTS)
        values = ("a", None, [True])
        self.assertEqual(
            layout.write(values), b"<ogsi:one>a</ogsi:one><ogsi:three>true</ogsi:three>"
        )
        self.assertRaises(ValueError, layout.write, values[:2])
        self.assertRaises(ValueError, layout.write, (*values, None))

    @given(_XML, st.one_of(st.none(), st.integers(-5, 5)), st.lists(st.booleans(), max_size=4))
    def test_struct(self, one: str, two: int | None, three: list[bool]) -> None:
        """A structure comes back whole, also within a structure."""
        value = {"one": one, "two": two, "three": three}
        self.assertEqual(_through(_STRUCT, value), value)
        outer = Struct(
            QName(OGSI, "O"),
            (Part("inner", _STRUCT),),
            lambda inner: inner,
            lambda inner: {"inner": inner},
        )
        self.assertEqual(_through(outer, value), value)

    def test_structError(self) -> None:
        """What is wrong within a structure is named."""
        error = self.assertRaises(ParameterError, _STRUCT.read, _parsed(b"<ogsi:s/>"))
        self.assertIn("one is missing in s", str(error))

    def test_wellFormed(self) -> None:
        """A whole structure is serialised again as it was written."""
        written = _STRUCT.write("ogsi:s", {"one": "<&>", "two": 1, "three": []})
        self.assertIn(b"&lt;&amp;&gt;", serialise(_parsed(written)))
