"""Which service data shall be aggregated, in the content of an entry and in GT 3.2's words."""

from hypothesis import given
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import (
    ExtensibilityNotSupported,
    ExtensibilityTypeError,
    ParameterError,
    TooLarge,
)
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import AGG32, GMA, OGSI
from gma_twisted.model import QName
from gma_twisted.soap.aggregating import (
    readAggregationSubscription,
    readServiceDataNames,
    writeServiceDataNames,
)

NAMES = st.builds(
    QName,
    st.sampled_from(["", "urn:a", "urn:b?c=1&d=2", "http://e/\u00e4"]),
    st.sampled_from(["Host", "h\u00f6st", "_x.y-z", "*"]),
)
HOST, ALL = QName("urn:t", "Host"), QName("urn:t", "*")


class ServiceDataNamesTests(SynchronousTestCase):
    """C{gma:serviceDataNames}."""

    def read(self, text: str) -> list[QName]:
        """What a content with these prefixes says."""
        data = f'<x xmlns:gma="{GMA}">{text}</x>'.encode()
        return list(readServiceDataNames(XMLGate().parse(data)))

    @given(st.lists(NAMES, max_size=5, unique=True))
    def test_roundTrip(self, names: list[QName]) -> None:
        """What is written is read again, names of everything in a namespace too."""
        written = writeServiceDataNames(names).decode()
        self.assertEqual(self.read(written), names)
        root = written.replace(">", f' xmlns:gma="{GMA}">', 1).encode()
        self.assertEqual(list(readServiceDataNames(XMLGate().parse(root))), names)

    def test_elsewhere(self) -> None:
        """Deeper in a content, or in another namespace, it says nothing."""
        written = writeServiceDataNames([HOST]).decode()
        self.assertEqual(self.read(f"<y>{written}</y>"), [])
        self.assertEqual(self.read(written.replace("gma:", "")), [])

    def test_malformed(self) -> None:
        """Names that are none are refused."""
        for name in (
            "<gma:name/>",
            "<gma:name><gma:namespace>urn:a</gma:namespace></gma:name>",
            "<gma:name><gma:namespace>a}b</gma:namespace><gma:localName>*</gma:localName></gma:name>",
            "<gma:name><gma:namespace>a</gma:namespace><gma:localName>b c</gma:localName></gma:name>",
            "<gma:other/>",
        ):
            self.assertRaises(
                ParameterError, self.read, f"<gma:serviceDataNames>{name}</gma:serviceDataNames>"
            )


class AggregationSubscriptionTests(SynchronousTestCase):
    """C{agg32:AggregationSubscription}."""

    def read(self, inside: str, root: str = "a:AggregationSubscription") -> object:
        """What it says."""
        data = f'<{root} xmlns:a="{AGG32}" xmlns:o="{OGSI}" xmlns:t="urn:t">{inside}</{root}>'
        found = readAggregationSubscription(XMLGate().parse(data.encode()))
        return list(found.names), found.lifetime

    def test_read(self) -> None:
        """Names as OGSI has them, in any order; children in either namespace or in none; perhaps no lifetime."""
        for prefix in ("a:", "o:", ""):
            lists = f"<{prefix}serviceDataNames><o:name>t:Host</o:name><o:name>t:*</o:name></{prefix}serviceDataNames>"
            self.assertEqual(self.read(lists), ([HOST, ALL], None))
            lifetime = f"<{prefix}lifetime> 60 </{prefix}lifetime>"
            for both in (lists + lifetime, lifetime + lists):
                self.assertEqual(self.read(both), ([HOST, ALL], 60.0))
        self.assertEqual(self.read('<serviceDataNames names="t:Host t:*"/>'), ([HOST, ALL], None))

    def test_malformed(self) -> None:
        """What is not understood is refused, not left out."""
        names = '<a:serviceDataNames names="t:Host"/>'
        for inside in (
            "",
            names * 2,
            names + "<a:lifetime>soon</a:lifetime>",
            names + "<a:lifetime>1</a:lifetime>" * 2,
            names + "<a:interval>1</a:interval>",
            '<a:serviceDataNames xmlns:g="urn:gma-twisted:2026:core"><o:name g:key="1">t:Host</o:name>'
            "</a:serviceDataNames>",
        ):
            self.assertRaises(ExtensibilityTypeError, self.read, inside)
        many = " ".join(f"t:n{number}" for number in range(1001))
        self.assertRaises(TooLarge, self.read, f'<a:serviceDataNames names="{many}"/>')

    def test_other(self) -> None:
        """Another element is no way to aggregate."""
        self.assertRaises(ExtensibilityNotSupported, self.read, "", "a:AggregationPoll")
