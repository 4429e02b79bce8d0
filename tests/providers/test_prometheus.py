"""Pages of metrics as documents."""

from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from gma_twisted.errors import ParameterError, PeerFault, ProviderFailed, TooLarge
from gma_twisted.execution import describe
from gma_twisted.execution.arguments import forCallers
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup import Element, XMLGate, nameOf
from gma_twisted.markup.namespaces import METRICS
from gma_twisted.model import QName
from gma_twisted.providers.prometheus import MAX_NAMES, MAX_SAMPLES, PrometheusScrapeProvider
from gma_twisted.providers.scraping import MAX_SIZE
from gma_twisted.testing import ProviderContract, ScriptedFetcher
from gma_twisted.timing import toDeferred
from tests.console.fakenode import FakeNode
from tests.console.test_console import ask
from tests.providers.scraped import Ticking, runtimeWith

_URL = "http://node:9100/metrics"
_PAGE = b"""\
# HELP disk_free_bytes "free" & <rest>
# TYPE disk_free_bytes gauge
disk_free_bytes{mount="/",note="a<b&\\"c\\"\\n"} 1e+09 1500
disk_free_bytes{mount="/home"} NaN
# HELP nobody has samples
# TYPE runs counter
runs_total +Inf
"""


def providerOf(
    page: bytes | Exception,
    names: tuple[str, ...] = (),
    most: int = 100_000,
    url: str = _URL,
    time: Clock | None = None,
) -> PrometheusScrapeProvider:
    """A provider that reads this page."""
    runtime = runtimeWith(ScriptedFetcher({url: page}), time)
    return PrometheusScrapeProvider(url, names, most, runtime=runtime)


class ContractTests(ProviderContract, TestCase):
    """It keeps the contract."""

    def makeProvider(self) -> ISimpleDataProvider:
        """One with a page."""
        return providerOf(_PAGE)


class PrometheusTests(SynchronousTestCase):
    """PrometheusScrapeProvider."""

    def document(self, provider: PrometheusScrapeProvider) -> Element:
        """What it gives."""
        return XMLGate().parse(self.successResultOf(toDeferred(provider.provide())))

    def test_document(self) -> None:
        """Families, samples and labels in the order of the page; families without samples are left out."""
        found = self.successResultOf(toDeferred(providerOf(_PAGE).provide())).decode()
        self.assertEqual(
            found,
            f'<metrics xmlns="{METRICS}" instance="node:9100">'
            '<family name="disk_free_bytes" type="gauge" help="&quot;free&quot; &amp; &lt;rest&gt;">'
            '<sample name="disk_free_bytes" value="1e+09" timestamp="1970-01-01T00:00:01.500Z">'
            '<label name="mount" value="/"/>'
            '<label name="note" value="a&lt;b&amp;&quot;c&quot;&#10;"/></sample>'
            '<sample name="disk_free_bytes" value="NaN"><label name="mount" value="/home"/></sample>'
            "</family>"
            '<family name="runs" type="counter"><sample name="runs_total" value="INF"/></family>'
            "</metrics>",
        )

    def test_unit(self) -> None:
        """OpenMetrics tells units."""
        root = self.document(providerOf(b"# TYPE a_s gauge\n# UNIT a_s s\na_s 1 2\n# EOF\n"))
        self.assertEqual(dict(root[0].attrib), {"name": "a_s", "type": "gauge", "unit": "s"})
        self.assertEqual(root[0][0].get("timestamp"), "1970-01-01T00:00:02Z")

    def test_illegal(self) -> None:
        """Characters that XML cannot hold do not make the document unreadable."""
        root = self.document(providerOf(b'a{b="\x00\x1b"} 1'))
        self.assertEqual(root[0][0][0].get("value"), "\ufffd\ufffd")

    def test_instance(self) -> None:
        """The instance is host and port, as Prometheus has it, also where the URL has no port."""
        for url, instance in (
            ("http://node/metrics", "node:80"),
            ("https://node/metrics", "node:443"),
            ("http://[::1]:9100/", "[::1]:9100"),
        ):
            self.assertEqual(self.document(providerOf(_PAGE, url=url)).get("instance"), instance)

    def test_names(self) -> None:
        """Families that match one of the names are kept, whole."""
        for names, kept in (
            (("runs",), ["runs"]),
            (("disk_*", "x"), ["disk_free_bytes"]),
            (("*s",), ["disk_free_bytes", "runs"]),
            (("runs_total",), []),
            (("RUNS", "run"), []),
        ):
            root = self.document(providerOf(_PAGE, names))
            self.assertEqual([one.get("name") for one in root], kept, names)

    def test_nothing(self) -> None:
        """A page with nothing on it is a document all the same."""
        root = self.document(providerOf(b""))
        self.assertEqual((nameOf(root), len(root)), (QName(METRICS, "metrics"), 0))

    def test_most(self) -> None:
        """Samples that are kept are bounded."""
        self.document(providerOf(_PAGE, most=3))
        self.document(providerOf(_PAGE, ("runs",), most=1))
        failure = self.failureResultOf(toDeferred(providerOf(_PAGE, most=2).provide()), TooLarge)
        self.assertIn(f"{_URL} has more than 2 samples", str(failure.value))

    def test_wrong(self) -> None:
        """What is no page of metrics is refused with URL and line; what the server says is passed on."""
        page = providerOf(b"a 1\n<html>\n")
        failure = self.failureResultOf(toDeferred(page.provide()), ProviderFailed)
        self.assertEqual(
            str(failure.value),
            f'{_URL}, line 2: "<html>" is no sample such as name{{label="x"}} 1',
        )
        gone = providerOf(PeerFault("404"))
        self.failureResultOf(toDeferred(gone.provide()), PeerFault)

    def test_turns(self) -> None:
        """A large page is read and written in many turns of the reactor."""
        time = Ticking()
        page = b"".join(b'metric{number="%d"} 1\n' % number for number in range(5000))
        found = toDeferred(providerOf(page, time=time).provide())
        self.assertNoResult(found)
        while not found.called:
            time.advance(0.001)
        self.assertGreater(time.turns, 10)
        self.assertEqual(len(XMLGate().parse(self.successResultOf(found))[0]), 5000)

    def test_ownNode(self) -> None:
        """The page of a node of ours is read whole: what Prometheus' own parser finds, and nothing else."""
        page = ask(FakeNode(), "/metrics").body
        expected = {
            (one.name, frozenset(one.labels.items()), float(one.value))
            for family in text_string_to_metric_families(page.decode())
            for one in family.samples
        }
        self.assertGreater(len(expected), 70)
        root = self.document(providerOf(page))
        self.assertEqual(
            {
                (
                    sample.get("name", ""),
                    frozenset((one.get("name", ""), one.get("value", "")) for one in sample),
                    float(sample.get("value", "").replace("INF", "inf")),
                )
                for family in root
                for sample in family
            },
            expected,
        )
        told = page.decode().splitlines()
        for family in root:
            name, help = family.get("name"), family.get("help")
            self.assertIn(f"# TYPE {name} {family.get('type')}", told)
            self.assertIn(f"# HELP {name} {help}", told)

    def test_declaration(self) -> None:
        """Who calls may give nothing of it: the node connects nowhere but where its operator says."""
        kinds = {one.name: one.kind for one in describe(PrometheusScrapeProvider)}
        self.assertEqual(
            kinds,
            {
                "url": "str",
                "names": "Sequence[str]",
                "most": "int",
                "timeout": "float",
                "maxSize": "int",
            },
        )
        self.assertEqual(forCallers(PrometheusScrapeProvider), ())

    def test_refused(self) -> None:
        """URLs that cannot be read and bounds out of range are refused at once."""
        runtime = runtimeWith(ScriptedFetcher())
        for url in (
            "",
            "node:9100",
            "ftp://node/metrics",
            "http://u:p@node/",
            "file:///etc/passwd",
            "http://node/\xe9",
        ):
            self.assertRaises(ParameterError, PrometheusScrapeProvider, url, runtime=runtime)
        for given in (
            {"most": 0},
            {"most": MAX_SAMPLES + 1},
            {"maxSize": 0},
            {"maxSize": MAX_SIZE + 1},
            {"timeout": 0.0},
            {"timeout": 3601.0},
            {"timeout": float("nan")},
            {"names": ["x"] * (MAX_NAMES + 1)},
        ):
            with self.assertRaises(ParameterError, msg=str(given)):
                PrometheusScrapeProvider(_URL, runtime=runtime, **given)

    def test_noFetcher(self) -> None:
        """Without a way to read anything it is not made."""
        error = self.assertRaises(
            ParameterError, PrometheusScrapeProvider, _URL, runtime=runtimeWith(None)
        )
        self.assertEqual(
            str(error),
            "PrometheusScrapeProvider reads over the network, and the runtime it is given has no fetcher",
        )
