"""Queries by name from the caller's side."""

import attrs
from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.client import Found, Proxy, findByName, readFound, writeNameQuery
from gma_twisted.errors import PeerError, TargetInvalid
from gma_twisted.markup import Element, XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI, SD
from gma_twisted.markup.xsd import readQName
from gma_twisted.model import (
    OURSELVES,
    Caller,
    Expression,
    Freshness,
    Handle,
    NameQuery,
    NameSelector,
    QName,
)
from gma_twisted.soap.porttypes import GRID_SERVICE
from gma_twisted.timing import toDeferred
from tests.client.peer import PeerCaller

_AROUND = f'<r xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}" xmlns:sd="{SD}">'.encode()
_HOST = QName("urn:g", "Host")


def _inside(content: bytes) -> Element:
    return XMLGate().parse(_AROUND + content + b"</r>")[0]


class WritingTests(SynchronousTestCase):
    """The expression."""

    def _written(self, query: NameQuery) -> Element:
        return _inside(writeNameQuery(query))

    def test_names(self) -> None:
        """Names go out as QNames every service reads, a wildcard in Clark notation."""
        names = (_HOST, QName("", "plain"), QName("urn:g", "*"))
        root = self._written(NameQuery(tuple(NameSelector(name) for name in names)))
        self.assertEqual(root.tag, f"{{{OGSI}}}queryByServiceDataNames")
        self.assertEqual(readQName(root[0].text or "", root[0].nsmap), _HOST)
        self.assertEqual([name.text for name in root], ["q:Host", "plain", "{urn:g}*"])
        self.assertEqual(dict(root.attrib), {})

    def test_attributes(self) -> None:
        """Freshness, limit and cursor stand on the root."""
        root = self._written(NameQuery((NameSelector(_HOST),), Freshness.STALE, 5, 'c"<'))
        self.assertEqual(
            dict(root.attrib),
            {f"{{{GMA}}}freshness": "stale", f"{{{GMA}}}limit": "5", f"{{{GMA}}}cursor": 'c"<'},
        )

    def test_selectors(self) -> None:
        """Originator and key stand on the name, an empty key too: it selects the only value."""
        root = self._written(NameQuery((NameSelector(_HOST, "http://h/s?a&b", ""),)))
        self.assertEqual(root[0].get(f"{{{GMA}}}originator"), "http://h/s?a&b")
        self.assertEqual(root[0].get(f"{{{GMA}}}key"), "")

    @given(st.from_regex(r"[a-z]+:[a-z0-9/?&='<>]{1,20}", fullmatch=True))
    def test_anyNamespace(self, uri: str) -> None:
        """Whatever a namespace holds, the expression is well-formed or refused as a namespace, never misread."""
        query = NameQuery((NameSelector(QName(uri, "a")), NameSelector(QName(uri, "*"))))
        if not set(uri) & set("<>"):
            root = self._written(query)
            self.assertEqual(root[0].nsmap["q"], uri)
            self.assertEqual(root[1].text, f"{{{uri}}}*")


class ReadingTests(SynchronousTestCase):
    """The answer."""

    def test_values(self) -> None:
        """Values come in order with what they say of themselves; sent and cursor beside them."""
        found = readFound(
            _inside(
                b'<sd:serviceDataValues gma:sent="1970-01-01T00:00:09Z" gma:cursor="next">'
                b'<a gma:originator="http://h/s" gma:key="7" ogsi:goodUntil="1970-01-01T00:00:10Z"/>'
                b"<b/></sd:serviceDataValues>"
            )
        )
        self.assertEqual((found.sent, found.cursor), (9.0, "next"))
        first, second = found.values
        self.assertEqual(
            (first.name, first.originator, first.key, first.goodUntil),
            (QName("", "a"), "http://h/s", "7", 10.0),
        )
        self.assertEqual(second.name, QName("", "b"))

    def test_foreign(self) -> None:
        """A service that is not ours says neither."""
        self.assertEqual(readFound(_inside(b"<sd:serviceDataValues/>")), Found((), None, None))

    def test_malformed(self) -> None:
        """Another element, or a value that cannot be read, is the peer's error."""
        for content in (
            b"<sd:other/>",
            b'<sd:serviceDataValues gma:sent="now"/>',
            b'<sd:serviceDataValues><a ogsi:goodUntil="soon"/></sd:serviceDataValues>',
            b'<sd:serviceDataValues><a gma:sequence="x"/></sd:serviceDataValues>',
        ):
            self.assertRaises(PeerError, readFound, _inside(content))


@attrs.define
class _Index:
    """Answers with what was asked."""

    asked: list[Element] = attrs.field(factory=list)

    def findServiceData(self, queryExpression: Expression, caller: Caller = OURSELVES) -> bytes:
        tree = queryExpression.read(lambda tree: tree)
        self.asked.append(tree)
        if (tree[0].text or "").endswith("Nope"):
            raise TargetInvalid("there is no Nope")
        names = "".join(f"<v>{name.text}</v>" for name in tree)
        return f"<sd:serviceDataValues gma:cursor='c2'>{names}</sd:serviceDataValues>".encode()


class FindTests(SynchronousTestCase):
    """Both, through a proxy."""

    def setUp(self) -> None:
        """An index and a proxy for it."""
        self.index = _Index()
        caller = PeerCaller([GRID_SERVICE], self.index)
        self.proxy = Proxy([GRID_SERVICE], Handle("http://peer/index"), caller)

    def test_find(self) -> None:
        """A call asks for the names with all that narrows them, and gives the values."""
        finding = findByName(
            self.proxy,
            _HOST,
            QName("urn:g", "*"),
            originator="http://h/s",
            key="k",
            freshness=Freshness.FRESH,
            limit=3,
            cursor="c1",
        )
        found = self.successResultOf(toDeferred(finding))
        self.assertEqual([value.tail for value in found.values], [b">q:Host</v>", b">{urn:g}*</v>"])
        self.assertEqual(found.cursor, "c2")
        (asked,) = self.index.asked
        self.assertEqual(asked.get(f"{{{GMA}}}limit"), "3")
        self.assertEqual([name.get(f"{{{GMA}}}key") for name in asked], ["k", "k"])

    def test_unknown(self) -> None:
        """A name the service does not know is its error, here."""
        finding = toDeferred(findByName(self.proxy, QName("urn:g", "Nope")))
        self.failureResultOf(finding, TargetInvalid)
