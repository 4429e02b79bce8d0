"""Nodes that copy from each other: three tiers of real processes, one of which is killed and comes back."""

import itertools
import json
import signal
import time
import xml.etree.ElementTree as ElementTree
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any
from urllib.error import HTTPError

import attrs
from lxml import etree
from twisted.trial.unittest import SynchronousTestCase
from zeep.exceptions import Fault

from gma_twisted.markup.namespaces import AGG32, GLUE, GMA, OGSI, SD, SUB
from tests.integration.foreign.makers import makeZeep
from tests.integration.foreign.shared import PAUSE, poll
from tests.integration.twistd import Node, fetch, run

PERIOD, GRACE = 1.0, 4.0
INTERVAL = 2.0
LEAF = f"""
[providers.system]
class = "SimpleSystemInformationProvider"
interval = "{PERIOD}s"
grace = "{GRACE}s"
"""
# It says nothing of itself that the others have a name for.
QUIET = """
[providers.other]
command = ["/bin/echo", "<Other xmlns='urn:example'/>"]
"""
SITE = """
[aggregate.leaf]
from = "{leaf}/services/index"
names = ["glue:*"]
interval = "{interval}s"
"""
REGISTER = """
[register.vo]
at = "{vo}/services/index"
names = ["glue:Host"]
lifetime = "30s"
"""


@attrs.frozen
class Value:
    """
    A value as a client sees it.

    @ivar originator: whose it is
    @ivar path: nodes it came through
    @ivar isStale: whether it is marked so
    """

    originator: str
    path: Sequence[str]
    isStale: bool


def ask(url: str, body: str) -> ElementTree.Element:
    """Call a service. @return: the envelope of its answer, also when that is a fault"""
    text = (
        f'<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>{body}'
        "</e:Body></e:Envelope>"
    )
    try:
        answer = fetch(url, text.encode())
    except HTTPError as error:
        answer = error.read()
    return ElementTree.fromstring(answer)


def hosts(url: str) -> list[Value]:
    """The values of glue:Host of an index; none when it does not know the name."""
    query = (
        f'<findServiceData xmlns="{OGSI}"><queryExpression><queryByServiceDataNames>'
        f"<name>{{{GLUE}}}Host</name></queryByServiceDataNames></queryExpression></findServiceData>"
    )
    answer = ask(url, query).find(f".//{{{SD}}}serviceDataValues")
    return [
        Value(
            one.get(f"{{{GMA}}}originator", ""),
            one.get(f"{{{GMA}}}path", "").split(),
            one.get(f"{{{GMA}}}freshness") == "stale",
        )
        for one in (() if answer is None else answer)
    ]


def status(url: str) -> Any:
    """What a node says of itself."""
    return json.loads(fetch(f"{url}/api/v1/status"))


def nodeId(url: str) -> str:
    """The identity of a node, as its main service tells it."""
    query = (
        f'<findServiceData xmlns="{OGSI}"><queryExpression><queryByServiceDataNames>'
        f"<name>{{{GMA}}}node</name></queryByServiceDataNames></queryExpression></findServiceData>"
    )
    found = ask(url, query).findtext(f".//{{{GMA}}}nodeId")
    assert found
    return found


def came(url: str) -> tuple[list[Value], float]:
    """
    Wait until an index has values of glue:Host.

    @return: them, and the seconds that were to pass between looks: where the machine stands still nobody looks
    """
    looks = itertools.count()

    def look() -> list[Value]:
        next(looks)
        return hosts(url)

    found = poll(look, bool)
    return found, (next(looks) - 1) * PAUSE


class AggregateCase(SynchronousTestCase):
    """Nodes that find each other by their URLs."""

    def setUp(self) -> None:
        """A home for all."""
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir(mode=0o755)
        self.nodes: list[Node] = []

    def node(self, name: str, text: str, kind: str = "gma-index", port: str = "0") -> Node:
        """Start one with a state directory of its name."""
        (self.home / f"{name}.toml").write_text(text)
        node = Node(
            self.home,
            self.addCleanup,
            "-c",
            f"{name}.toml",
            "--listen",
            f"tcp:{port}:interface=127.0.0.1",
            "--state-dir",
            str(self.home / name),
            kind=kind,
        )
        self.nodes.append(node)
        return node

    def endWell(self) -> None:
        """All that runs ends as it should."""
        for node in self.nodes:
            if node.process.poll() is None:
                self.assertEqual(node.signal(), 0)
            said = "".join(node.lines)
            self.assertNotIn("Traceback", said)
            self.assertNotIn("Unhandled", said)


class TiersTests(AggregateCase):
    """A leaf, a site index that copies from it and registers, a VO index that knows of nobody before that."""

    def test_tiers(self) -> None:
        """Data comes up within two seconds, is stale and gone when the leaf is killed, and comes back with it."""
        leafNode = self.node("leaf", LEAF)
        voNode = self.node("vo", QUIET)
        leaf, vo = leafNode.url(), voNode.url()
        text = SITE.format(leaf=leaf, interval=INTERVAL) + REGISTER.format(vo=vo)
        site = self.node("site", QUIET + text).url()
        indexes = [f"{url}/services/index" for url in (leaf, site, vo)]
        poll(lambda: hosts(indexes[0]), bool)

        # The site has it at once; the VO, which nobody told to copy anything, through the site.
        (value,), seconds = came(indexes[1])
        self.assertLess(seconds, 2.0)
        self.assertEqual(value, Value(indexes[0], [nodeId(indexes[1])], False))
        (value,), seconds = came(indexes[2])
        self.assertLess(seconds, 2.0)
        path = [nodeId(index) for index in indexes[1:]]
        self.assertEqual(value, Value(indexes[0], path, False))
        (source,) = status(vo)["sources"]
        self.assertEqual((source["source"], source["state"]), (indexes[1], "live"))
        self.assertRegex(source["id"], r"\Aentries/[0-9a-f]+\Z")

        # While the leaf runs its data does not die anywhere.
        time.sleep(PERIOD + GRACE + 1.0)
        self.assertEqual([len(hosts(index)) for index in indexes], [1, 1, 1])

        self.assertEqual(leafNode.signal(signal.SIGKILL), -signal.SIGKILL)
        killed = time.monotonic()
        for index in indexes[1:]:
            poll(partial(hosts, index), lambda now: now[0].isStale, 2 * PERIOD + 1.0)
        poll(lambda: status(site)["sources"][0]["state"], lambda now: now == "stale", 5.0)
        self.assertEqual([len(hosts(index)) for index in indexes[1:]], [1, 1])
        for index in indexes[1:]:
            poll(partial(hosts, index), lambda now: not now, PERIOD + GRACE + 1.0)
        self.assertGreater(time.monotonic() - killed, GRACE - 1.0)

        again = self.node("leaf", LEAF, port=leaf.rpartition(":")[2])
        self.assertEqual(again.url(), leaf)
        back: list[float] = []
        for index in indexes[1:]:
            (value,), seconds = came(index)
            self.assertEqual((value.originator, value.isStale), (indexes[0], False))
            back.append(seconds)
        self.assertLess(sum(back), INTERVAL + 1.0)
        self.endWell()


class AggregatorTests(AggregateCase):
    """A gma-aggregator."""

    def test_asked(self) -> None:
        """It copies what it is asked to, in both languages, until it is told to stop; its page shows from where."""
        leaf = self.node("leaf", LEAF).url()
        node = self.node("aggregator", "", "gma-aggregator").url()
        service, source = f"{node}/services/aggregator", f"{leaf}/services/index"
        name = f"<namespace>{GLUE}</namespace><localName>Host</localName>"
        added = ask(
            service,
            f'<addSubscription xmlns="{SUB}"><source>{source}</source><name>{name}</name>'
            "<interval>1</interval></addSubscription>",
        )
        id = added.findtext(f".//{{{SUB}}}subscriptionId")
        (value,), seconds = came(service)
        self.assertLess(seconds, 2.0)
        self.assertEqual((value.originator, len(value.path)), (source, 1))
        page = fetch(node).decode()
        self.assertIn(f'<th scope="row">{source}</th>', page)
        self.assertEqual(status(leaf)["subscriptions"], 1)
        refused = ask(service, f'<addDataAggregation xmlns="{AGG32}"><x/></addDataAggregation>')
        self.assertIsNotNone(refused.find(".//faultstring"))
        ask(
            service,
            f'<removeSubscription xmlns="{SUB}"><subscriptionId>{id}</subscriptionId></removeSubscription>',
        )
        poll(lambda: status(leaf)["subscriptions"], lambda now: now == 0)
        self.assertEqual(status(node)["sources"], [])
        poll(lambda: hosts(service), lambda now: not now, PERIOD + GRACE + 1.0)
        self.endWell()

    def test_zeep(self) -> None:
        """zeep asks an index to copy, in GT 3.2's words and in ours, and to stop, in either SOAP."""
        leaf = f"{self.node('leaf', LEAF).url()}/services/index"
        index = f"{self.node('index', QUIET).url()}/services/index"
        params = etree.fromstring(
            f'<a:AggregationSubscription xmlns:a="{AGG32}" xmlns:glue="{GLUE}">'
            '<a:serviceDataNames names="glue:Host"/><a:lifetime>60</a:lifetime></a:AggregationSubscription>'
        )
        for isSoap12 in (False, True):
            service = makeZeep(index, isSoap12).service
            id = service.addDataAggregation({"source": leaf, "params": {"_value_1": params}})
            name = {"namespace": GLUE, "localName": "Host"}
            other = service.addSubscription(source=leaf, name=[name], lifetime=60)
            # Who asks twice for the same has one subscription, in whatever words.
            self.assertEqual(other.subscriptionId, id)
            (row,) = poll(service.listSubscriptions, lambda rows: rows[0].state == "live")
            self.assertEqual((row.subscriptionId, row.source, row.values), (id, leaf, 1))
            service.removeDataAggregation(id)
            self.assertRaises(Fault, service.removeSubscription, id)
            self.assertFalse(service.listSubscriptions())
        self.endWell()

    def test_check(self) -> None:
        """Its sources are looked at by --check, which names them and calls none of them."""
        words = ("-n", "--pidfile=")
        for source, status, told in (
            ("http://127.0.0.1:1/s", 0, r"\Agma-aggregator: all right; .*; aggregates: a\n\Z"),
            ("http://127.0.0.1:1", 1, r"\Abad\.toml:2:8: aggregate\.a\.from: .* is a node, not a"),
        ):
            text = f"[aggregate.a]\nfrom = '{source}'\nnames = 'glue:Host'\n"
            (self.home / "bad.toml").write_text(text)
            ended = run(self.home, "-c", "bad.toml", "--check", before=words, kind="gma-aggregator")
            self.assertEqual(ended.returncode, status)
            self.assertRegex(ended.stdout + ended.stderr, told)
