"""What Ganglia tells, as a document."""

from twisted.internet.task import Clock
from twisted.trial.unittest import SkipTest, SynchronousTestCase, TestCase

from gma_twisted.errors import GMAError, ParameterError, PeerUnreachable, ProviderFailed
from gma_twisted.execution import describe
from gma_twisted.execution.arguments import forCallers
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup import Element, XMLGate, nameOf
from gma_twisted.markup.namespaces import GANGLIA
from gma_twisted.model import QName
from gma_twisted.providers.ganglia import GangliaProvider
from gma_twisted.testing import ProviderContract, ScriptedFetcher
from gma_twisted.timing import toDeferred
from tests.providers.scraped import Ticking, runtimeWith
from tests.readme import ROOT

_REAL = ROOT.parent / "shared" / "data" / "gmond.xml"
_DOCUMENT = """<?xml version="1.0" encoding="ISO-8859-1" standalone="yes"?>
<!DOCTYPE GANGLIA_XML [
   <!ELEMENT GANGLIA_XML (GRID|CLUSTER|HOST)*>
      <!ATTLIST GANGLIA_XML VERSION CDATA #REQUIRED>
   <!ELEMENT METRIC (EXTRA_DATA*)>
      <!ATTLIST METRIC SOURCE (gmond) 'gmond'>
]>
<GANGLIA_XML VERSION="3.7.2" SOURCE="gmond">
<CLUSTER NAME="K\xf6ln" LOCALTIME="1795288844">
<HOST NAME="n1" IP="10.0.0.1" TN="1" TMAX="20" DMAX="0">
<METRIC NAME="load_one" VAL="0.25" TYPE="float" UNITS=" " TN="1" TMAX="70" DMAX="0" SLOPE="both">
<EXTRA_DATA>
<EXTRA_ELEMENT NAME="GROUP" VAL="load"/>
</EXTRA_DATA>
</METRIC>
</HOST>
<HOST NAME="n2" IP="10.0.0.2" TN="9" TMAX="20" DMAX="0">
</HOST>
</CLUSTER>
</GANGLIA_XML>
""".encode("iso-8859-1")


def providerOf(answer: bytes | Exception, time: Clock | None = None) -> GangliaProvider:
    """A provider of what gmond says."""
    return GangliaProvider(runtime=runtimeWith(ScriptedFetcher({"127.0.0.1:8649": answer}), time))


class ContractTests(ProviderContract, TestCase):
    """It keeps the contract."""

    def makeProvider(self) -> ISimpleDataProvider:
        """One of a small cluster."""
        return providerOf(_DOCUMENT)


class GangliaTests(SynchronousTestCase):
    """GangliaProvider."""

    def document(self, answer: bytes) -> Element:
        """What it makes of an answer."""
        return XMLGate().parse(self.successResultOf(toDeferred(providerOf(answer).provide())))

    def refused(self, answer: bytes, why: str, kind: type[GMAError] = ProviderFailed) -> None:
        """It is, in these words."""
        failure = self.failureResultOf(toDeferred(providerOf(answer).provide()), kind)
        self.assertEqual(str(failure.value), why)

    def test_document(self) -> None:
        """Ganglia's own elements, in a namespace; their text as it was meant."""
        root = self.document(_DOCUMENT)
        self.assertEqual(nameOf(root), QName(GANGLIA, "GANGLIA_XML"))
        self.assertEqual(dict(root.attrib), {"VERSION": "3.7.2", "SOURCE": "gmond"})
        (cluster,) = root
        self.assertEqual(cluster.get("NAME"), "K\xf6ln")
        self.assertEqual(
            [(nameOf(one), one.get("NAME")) for one in cluster],
            [(QName(GANGLIA, "HOST"), "n1"), (QName(GANGLIA, "HOST"), "n2")],
        )
        (metric,) = cluster[0]
        self.assertEqual((metric.get("NAME"), metric.get("VAL")), ("load_one", "0.25"))
        self.assertEqual(metric[0][0].get("VAL"), "load")

    def test_real(self) -> None:
        """What a live gmond said."""
        if not _REAL.exists():
            raise SkipTest(f"there is no {_REAL}")
        root = self.document(_REAL.read_bytes())
        (cluster,) = root
        (host,) = cluster
        self.assertEqual((cluster.get("NAME"), host.get("NAME")), ("test", "localhost"))
        self.assertEqual(host[0].get("UNITS"), "Mb/s")

    def test_noDoctype(self) -> None:
        """A document type need not be there."""
        self.document(b'<GANGLIA_XML VERSION="2.5"></GANGLIA_XML>')

    def test_refused(self) -> None:
        """What is no such document, or not all of it, is told in words that help."""
        place = "127.0.0.1:8649"
        for answer, why in (
            (
                b"",
                f"{place} ended the connection without a word;"
                " see the acl of its tcp_accept_channel, or trusted_hosts of gmetad",
            ),
            (
                b"\x1f\x8b\x08",
                f"the answer of {place} is packed; set gzip_output = no in its tcp_accept_channel",
            ),
            (b"SSH-2.0-x\r\n", f'the answer of {place} is not GANGLIA_XML: "SSH-2.0-x"'),
            (b"<GANGLIA_XMLS/>", f'the answer of {place} is not GANGLIA_XML: "<GANGLIA_XMLS/>"'),
            (
                _DOCUMENT[:-20],
                f"the answer of {place} was cut off after {len(_DOCUMENT) - 20} bytes",
            ),
            (
                _DOCUMENT.replace(b"<!ELEMENT METRIC", b"<!ENTITY x 'y'>\n<!ELEMENT METRIC"),
                f"the answer of {place} declares more than elements and attributes in its document type:"
                " \"<!ENTITY x 'y'>\\n<!ELEMENT METRIC (EX...\"",
            ),
        ):
            self.refused(answer, why)

    def test_references(self) -> None:
        """What gmond writes of bytes that are no printable ASCII is read as what was measured."""
        for value, meant in (
            ("K&#\xc86;ln", "K\xf6ln"),
            ("&#\xbc8;&#\xc95;", "\x80\xff"),
            ("Gr&#\xc35;&#\xc22;&#\xc35;&#\xbf9;e", "Gr\xf6\xdfe"),
            ("a&#<7;b", "a\x7fb"),
            ("a&#01;&#08;&#11;&#12;&#14;&#31;b", "a" + 6 * "\ufffd" + "b"),
            ("&#09;&#10;&#13;&#32;&#34;&#38;&#39;&#60;&#246;&amp;", "\t\n\r \"&'<\xf6&"),
        ):
            answer = _DOCUMENT.replace(b'"0.25"', f'"{value}"'.encode("iso-8859-1"))
            root = self.document(answer)
            self.assertEqual(root[0][0][0].get("VAL"), meant)

    def test_everyByte(self) -> None:
        """Each byte as gmond 3.7.2 writes it."""
        for byte in range(127, 256):
            tens = chr(0x30 + byte // 10 | byte & 0x80)
            answer = _DOCUMENT.replace(b'"0.25"', f'"&#{tens}{byte % 10};"'.encode("iso-8859-1"))
            self.assertEqual(self.document(answer)[0][0][0].get("VAL"), chr(byte))

    def test_rows(self) -> None:
        """What a row of them means is found wherever the row stands, and however long it is."""
        for before in range(20):
            for one, meant, count in (
                ("K&#\xc35;&#\xc22;ln", "K\xf6ln", 1500),
                ("&#\xc86;", "\xf6", 5000),
                ("&#01;", "\ufffd", 5000),
            ):
                value = f'"{"x" * before}{one * count}"'.encode("iso-8859-1")
                root = self.document(_DOCUMENT.replace(b'"0.25"', value))
                self.assertEqual(root[0][0][0].get("VAL"), "x" * before + meant * count)

    def test_noCharacters(self) -> None:
        """What no XML has, written in one way or another, does not take the whole page away."""
        for value, meant in (
            ("&#\xc79;&#\xc31;&#\xc31;", "\ufffd"),
            ("a&#\xc79;&#\xc31;&#\xc30;b", "a\ufffdb"),
            ("a\x01\x7fb", "a\ufffd\x7fb"),
        ):
            answer = _DOCUMENT.replace(b'"0.25"', f'"{value}"'.encode("iso-8859-1"))
            root = self.document(answer)
            self.assertEqual(root[0][0][0].get("VAL"), meant)
            self.assertEqual(root[0][1].get("NAME"), "n2")

    def test_turns(self) -> None:
        """A large page is mended in many turns of the reactor."""
        time = Ticking()
        answer = _DOCUMENT.replace(b'"0.25"', b'"%b"' % (b"&#\xc86; " * 50_000))
        found = toDeferred(providerOf(answer, time).provide())
        while not found.called:
            time.advance(0.001)
        self.assertGreater(time.turns, 10)
        self.assertEqual(self.successResultOf(found).count("\xf6 ".encode()), 50_000)

    def test_otherReferences(self) -> None:
        """What looks like them and is none of them is refused."""
        for value in ("&#\xbb9;", "&#\xc96;", "&#\xca0;", "&#<;", "&#\xbcx;"):
            answer = _DOCUMENT.replace(b'"0.25"', f'"{value}"'.encode("iso-8859-1"))
            document = self.successResultOf(toDeferred(providerOf(answer).provide()))
            self.assertRaises(ParameterError, XMLGate().parse, document)

    def test_namespaced(self) -> None:
        """A root that declares a default namespace itself does not pass for ours."""
        answer = b'<GANGLIA_XML xmlns="urn:x"></GANGLIA_XML>'
        document = self.successResultOf(toDeferred(providerOf(answer).provide()))
        self.assertRaises(ParameterError, XMLGate().parse, document)

    def test_unreachable(self) -> None:
        """Why it cannot be read is passed on."""
        found = toDeferred(providerOf(PeerUnreachable("no connection")).provide())
        self.failureResultOf(found, PeerUnreachable)

    def test_query(self) -> None:
        """gmetad's interactive port is asked; others are not spoken to."""
        fetcher = ScriptedFetcher({"[::1]:8652": _DOCUMENT})
        for query, said in (("/?filter=summary", b"/?filter=summary\n"), ("", b"")):
            provider = GangliaProvider("::1", 8652, query, runtime=runtimeWith(fetcher))
            self.successResultOf(toDeferred(provider.provide()))
            self.assertEqual(fetcher.requests.pop(), said)
        self.assertEqual(provider.description, "hosts and metrics of Ganglia at [::1]:8652")

    def test_declaration(self) -> None:
        """Who calls may give nothing of it: the node connects nowhere but where its operator says."""
        self.assertEqual(
            [one.name for one in describe(GangliaProvider)],
            ["host", "port", "query", "timeout", "maxSize"],
        )
        self.assertEqual(forCallers(GangliaProvider), ())

    def test_wrongArguments(self) -> None:
        """Arguments out of range are refused at once, and so is a runtime that reads nothing."""
        runtime = runtimeWith(ScriptedFetcher())
        for given in (
            {"host": ""},
            {"host": "a b"},
            {"host": "a\n"},
            {"port": 0},
            {"port": 65536},
            {"query": "x"},
            {"query": "/x\n/y"},
            {"maxSize": 0},
            {"timeout": -1.0},
        ):
            with self.assertRaises(ParameterError, msg=str(given)):
                GangliaProvider(runtime=runtime, **given)
        error = self.assertRaises(ParameterError, GangliaProvider, runtime=runtimeWith(None))
        self.assertIn("GangliaProvider reads over the network", str(error))
