"""XPath and XQuery at a real node, with worker processes: docs/queries.md word by word, zeep, limits, the end."""

import json
import subprocess
import sys
import time
from collections.abc import Mapping
from typing import Any

import psutil
from lxml import etree
from twisted.trial.unittest import SkipTest
from zeep import Client
from zeep.exceptions import Fault

from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import Language
from gma_twisted.queries.asking import whyMissing
from gma_twisted.soap.subscribing import readSubscribeExpression
from tests.integration.commandcase import CommandCase
from tests.integration.twistd import Node, fetch
from tests.readme import ROOT, Block, readBlocks

_PAGE = "docs/queries.md"
_HERE = "127.0.0.1:8480"
_VO = "urn:example:vo"
_LONGEST = 50.0
_ASK = (
    '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
    f'<findServiceData xmlns="{OGSI}"><queryExpression>%s</queryExpression></findServiceData>'
    "</e:Body></e:Envelope>"
)


class QueriesCase(CommandCase):
    """A node with the values of the page."""

    options: tuple[str, ...] = ()

    def setUp(self) -> None:
        """Start it."""
        super().setUp()
        if not (ROOT / _PAGE).exists():
            raise SkipTest("the documentation is not installed")
        if why := whyMissing(Language.XQUERY):
            raise SkipTest(why)
        (configuration,) = readBlocks(_PAGE, "toml")
        (self.home / "vo.toml").write_text(configuration.text + self.more())
        listen = ("--listen", "tcp:0:interface=127.0.0.1")
        self.node = Node(
            self.home, self.addCleanup, "-c", "vo.toml", *listen, "--state-dir", "state"
        )
        self.base = self.node.url()
        self.at = self.base.removeprefix("http://")

    def more(self) -> str:
        """Further configuration."""
        return ""

    def workers(self) -> list[psutil.Process]:
        """The query processes of the node."""
        below = psutil.Process(self.node.process.pid).children(recursive=True)
        return [one for one in below if any("evaluation" in word for word in one.cmdline())]

    def query(self, *words: str) -> "subprocess.CompletedProcess[str]":
        """Run C{gma query}."""
        return self.gma("query", self.at, *words)


class PageTests(QueriesCase):
    """docs/queries.md."""

    def test_examples(self) -> None:
        """Every command prints what the page says, to the letter; every message is answered as it says."""
        answer: Any = None
        asked = ""
        for block in readBlocks(_PAGE)[2:]:
            if block.language == "":
                answer = self.shell(block.text.replace(_HERE, self.at))
                self.assertEqual((answer.returncode, answer.stderr), (0, ""), block.text)
            elif block.language == "text":
                self.assertEqual(answer.stdout, block.text)
            elif block.language == "json":
                self.assertEqual(json.loads(answer.stdout), json.loads(block.text))
            elif block.language == "xml" and block.before.strip() == "answers":
                self.assertEqual(self.ask(asked), _canonical(block.text))
            elif block.language == "xml":
                asked = self.message(block)

    def message(self, block: Block) -> str:
        """A query of the page; one that subscribes is read."""
        if "subscribe" in block.text:
            read = readSubscribeExpression(XMLGate().parse(block.text.encode()), 10)
            self.assertIsNotNone(read.topic.question)
        return block.text

    def ask(self, expression: str) -> bytes:
        """The answer to an expression, as it is put in the body of a message."""
        said = fetch(f"{self.base}/services/index", (_ASK % expression).encode())
        (result,) = etree.fromstring(said).iter(f"{{{OGSI}}}result")
        return _canonical(etree.tostring(result[0], encoding="unicode"))

    def test_program(self) -> None:
        """The program runs as it stands."""
        (program,) = readBlocks(_PAGE, "python")
        ended = subprocess.run(
            (sys.executable, "-c", program.text.replace(_HERE, self.at)),
            capture_output=True,
            text=True,
            timeout=_LONGEST,
            check=False,
        )
        self.assertEqual((ended.stdout, ended.stderr), ("1 ['b1']\n", ""))


def _canonical(document: str) -> bytes:
    """The same for every way to write it, without the blanks between elements."""
    parser = etree.XMLParser(remove_blank_text=True)
    told: bytes = etree.tostring(etree.fromstring(document, parser), method="c14n", exclusive=True)
    return told


class NodeTests(QueriesCase):
    """The node, before clients and processes that end."""

    def test_zeep(self) -> None:
        """zeep asks in both languages, finds them listed, and their faults are those of the WSDL."""
        service = Client(f"{self.base}/services/index?wsdl").service

        def find(expression: str) -> Any:
            return service.findServiceData({"_value_1": etree.fromstring(expression)})

        xpath = (
            f'<o:queryByServiceDataXPath xmlns:o="{OGSI}" xmlns:v="{_VO}"><name>v:Host</name>'
            "<XPath>%s</XPath></o:queryByServiceDataXPath>"
        )
        xquery = (
            f'<g:queryByXQuery xmlns:g="{GMA}" xmlns:v="{_VO}"><query>%s</query></g:queryByXQuery>'
        )
        answer = find(xpath % "number(v:Load)")
        self.assertEqual([one.text for one in answer], ["0.25", "0.75", "3.5"])
        answer = find(xquery % "sum(?*[self::v:Host]/v:Load)")
        self.assertEqual([one.text for one in answer], ["4.5"])
        told = self.gma("get", self.at, "ogsi:findServiceDataExtensibility", "-o", "json")
        keys = [one["key"].rpartition("}")[2] for one in json.loads(told.stdout)]
        self.assertEqual(
            sorted(keys), ["queryByServiceDataNames", "queryByServiceDataXPath", "queryByXQuery"]
        )
        for wrong, kind in (
            (xpath % "//[", "extensibilityTypeFault"),
            (xquery % "for $", "extensibilityTypeFault"),
            (xpath.replace("v:Host", "v:None") % "x", "targetInvalidFault"),
            (xquery % ("x" * 5000), "TooLarge"),
        ):
            fault = self.assertRaises(Fault, find, wrong)
            self.assertEqual(etree.QName(fault.detail[0]).localname, kind)

    def test_byNamesOnly(self) -> None:
        """The container says that it is asked by names only."""
        ended = self.gma("query", f"{self.base}/services/container", "x")
        self.assertEqual(ended.returncode, 4)
        self.assertIn("this service is asked by names only", ended.stderr)
        self.assertIn("(extensibilityNotSupportedFault)", ended.stderr)

    def test_position(self) -> None:
        """An expression that is wrong is shown where it is."""
        ended = self.query("count(?*)\n + unknown:x", "--lang", "xquery")
        self.assertEqual((ended.returncode, ended.stdout), (4, ""))
        told, line, mark = ended.stderr.splitlines()
        self.assertRegex(told, r"^gma: XQuery, line 2, column \d+: .*\(extensibilityTypeFault\)$")
        self.assertEqual(line, "   + unknown:x")
        self.assertTrue(mark.endswith("^"))

    def test_changes(self) -> None:
        """What was committed is in the next answer, in both languages."""
        new = f'<v:Extra xmlns:v="{_VO}" n="%d"/>'
        for number in range(1, 4):
            (self.home / "x.xml").write_text(new % number)
            self.assertEqual(self.gma("load", self.at, "x.xml").returncode, 0)
            for words in (("@n",), ("?*/@n", "--lang", "xquery")):
                ended = self.query(*words, "--name", "*:Extra", "-o", "json")
                self.assertEqual(json.loads(ended.stdout)[-1], str(number), ended.stderr)

    def more(self) -> str:
        """A name that clients may set."""
        return f'[sde."{{{_VO}}}Extra"]\nmutability = "mutable"\nmodifiable = true\n'

    def test_workers(self) -> None:
        """They begin with the first question, one that was killed is replaced, and none outlives the node."""
        self.assertEqual(self.workers(), [])
        for language, text in (("xpath", "count(.)"), ("xquery", "1")):
            self.assertEqual(self.query(text, "--lang", language).returncode, 0)
        workers = self.workers()
        self.assertGreaterEqual(len(workers), 2)
        for one in workers:
            one.kill()
        until = time.monotonic() + 20
        while self.query("1", "--lang", "xquery").returncode and time.monotonic() < until:
            time.sleep(0.1)
        self.assertEqual(self.query("1", "--lang", "xquery").stderr, "")
        again = self.workers()
        self.assertTrue(again)
        self.node.process.terminate()
        self.node.process.wait(_LONGEST)
        _, left = psutil.wait_procs([*workers, *again], 5.0)
        self.assertEqual(left, [])


class LimitTests(QueriesCase):
    """Bounds of the configuration."""

    def more(self) -> str:
        """Small ones."""
        return (
            "[limits]\nquery_timeout = '20s'\nquery_cpu = '1s'\nquery_max_result = '1KiB'\n"
            "query_max_expression = '100B'\n"
        )

    def test_faults(self) -> None:
        """Each fault names its key and has its code; the next question is answered."""
        endless = "sum(for $a in 1 to 1000000, $b in 1 to 1000000 return $a * $b)"
        for words, key, code in (
            (("1" * 101,), "query_max_expression", "TooLarge"),
            (("(1 to 1000)", "--lang", "xquery"), "query_max_result", "TooLarge"),
            ((endless, "--lang", "xquery"), "query_cpu", "TimedOut"),
        ):
            ended = self.query(*words)
            self.assertEqual((ended.returncode, ended.stdout), (4, ""), words)
            self.assertIn(key, ended.stderr)
            self.assertIn(f"({code})", ended.stderr)
        ended = self.query("count(?*[self::*:Site])", "--lang", "xquery", "-o", "json")
        self.assertEqual(json.loads(ended.stdout), [2], ended.stderr)

    def test_metrics(self) -> None:
        """What became of expressions is counted."""
        self.query("1", "--name", "*:Site")
        self.query("[", "--name", "*:Site")
        counted = _metrics(fetch(f"{self.base}/metrics").decode())
        self.assertEqual(counted['gma_query_answers_total{language="xpath"}'], 1.0)
        refused = 'gma_query_refused_total{language="xpath",reason="expression"}'
        self.assertEqual(counted[refused], 1.0)
        self.assertEqual(counted['gma_query_answers_total{language="xquery"}'], 0.0)


def _metrics(page: str) -> Mapping[str, float]:
    lines = [line for line in page.splitlines() if line.startswith("gma_")]
    return {name: float(number) for name, _, number in (line.rpartition(" ") for line in lines)}


del CommandCase, QueriesCase
