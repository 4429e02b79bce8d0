"""The console, asked through the Gate as a browser asks it, without a socket."""

import json
import re
from typing import Any
from xml.etree import ElementTree

import attrs
from twisted.internet.task import Clock
from twisted.internet.testing import StringTransport
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from zope.interface.verify import verifyObject

from gma_twisted.console import PAGES, Console
from gma_twisted.console.counters import allCounters
from gma_twisted.console.status import StatusPage
from gma_twisted.console.words import milliseconds, since, span, until
from gma_twisted.interfaces import INodeControl
from gma_twisted.timing import SLICE, NodeClock, toDeferred
from gma_twisted.transport import QuietSite, gated
from tests.console.fakenode import COPIED, HOST, MEMBERSHIP, NEVER, FakeNode


class Mounted(Resource):
    """Somebody else's resource."""

    isLeaf = True

    def render_GET(self, request: object) -> bytes:
        """Say so."""
        return b"mounted"


@attrs.frozen
class Answer:
    """What came back."""

    status: int
    fields: dict[str, str]
    body: bytes


def siteOf(node: FakeNode) -> QuietSite:
    """A console of its own."""
    return QuietSite(Console(node, Clock(), {b"services": Mounted()}))


def ask(node: FakeNode, target: str, method: str = "GET", site: QuietSite | None = None) -> Answer:
    """One request on one connection."""
    clock = Clock()
    gate = gated(site or siteOf(node), NodeClock(clock, lambda: 0.0)).buildProtocol(None)
    assert gate is not None
    transport = StringTransport()
    gate.makeConnection(transport)
    gate.dataReceived(
        f"{method} {target} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()
    )
    clock.advance(0)
    head, _, body = transport.value().partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in lines)}
    return Answer(int(first.split()[1]), fields, body)


class PagesTests(SynchronousTestCase):
    """What a policy is asked about."""

    def test_every(self) -> None:
        """Every page of the table is there, and every page that is there is in the table."""
        node = FakeNode()
        for path, (method, _) in PAGES.items():
            self.assertNotEqual(ask(node, path, method).status, 404, path)
        body = ask(node, "/nothing").body.decode()
        told = set(re.findall(r'href="(/[^"?]*)"', body)) - set(node.services())
        self.assertTrue(told)
        self.assertLessEqual(told, set(PAGES))


class PageTests(SynchronousTestCase):
    """The status page."""

    def test_fake(self) -> None:
        """The node these tests use is one."""
        self.assertTrue(verifyObject(INodeControl, FakeNode()))

    def test_overload(self) -> None:
        """While requests are refused the page says so."""
        told = b"There is too much to do: 7 requests"
        self.assertIn(told, ask(FakeNode(turned={("reading", "load"): 7}), "/").body)
        self.assertNotIn(b"too much to do", ask(FakeNode(), "/").body)

    def test_facts(self) -> None:
        """Name, kind, version, uptime and the number of values are there to read."""
        page = ask(FakeNode(), "/")
        self.assertEqual(page.status, 200)
        self.assertEqual(page.fields["content-type"], "text/html; charset=utf-8")
        text = " ".join(re.sub(rb"<[^>]*>", b"", page.body).decode().split())
        self.assertIn(
            "index-8480 gma-index (site) 0.1.0, up 1 h 2 min, 42 values of service data", text
        )
        self.assertIn(b"<title>index-8480 - gma-index</title>", page.body)

    def test_services(self) -> None:
        """Each service stands with its URL and a link to its WSDL."""
        body = ask(FakeNode(), "/").body
        self.assertIn(b"<code>http://127.0.0.1:8480/services/index</code>", body)
        self.assertIn(b'<a href="/services/index?wsdl">WSDL</a>', body)

    def test_providers(self) -> None:
        """Each provider is a row: state, runs, failures, skips, duration, next run."""
        body = ask(FakeNode(), "/").body
        row = re.search(rb'<tr class="">\s*<th scope="row">host</th>(.*?)</tr>', body, re.DOTALL)
        assert row is not None
        cells = re.findall(rb"<td[^>]*>(.*?)</td>", row[1])
        self.assertEqual(cells, [b"idle", b"17", b"0", b"1", b"12.0", b"in 4 s", b""])
        self.assertIn(b'title="2026-03-01T12:00:05Z"', row[1])

    def test_trouble(self) -> None:
        """A provider that failed is marked, and its error is shown."""
        row = {**HOST, "state": "backoff", "lastError": "/bin/x ended with status 3"}
        body = ask(FakeNode(rows=(row,)), "/").body
        self.assertIn(b'<tr class="trouble">', body)
        self.assertIn(b">/bin/x ended with status 3</td>", body)

    def test_noProviders(self) -> None:
        """A node without providers says so."""
        self.assertIn(b"no provider is installed", ask(FakeNode(rows=()), "/").body)

    def test_counters(self) -> None:
        """The Gate's counters are shown by name."""
        body = re.sub(rb"\s+", b"", ask(FakeNode(), "/").body)
        self.assertIn(b'<thscope="row">soap</th><td>5</td>', body)
        self.assertIn(b'<thscope="row">refused</th><td>0</td>', body)

    def test_registry(self) -> None:
        """What the registry holds is shown where there is one, and nothing of it elsewhere."""
        body = re.sub(rb"\s+", b"", ask(FakeNode(held={"entries": 3, "tombstones": 1}), "/").body)
        self.assertIn(b'<thscope="row">entries</th><td>3</td>', body)
        self.assertIn(b'<thscope="row">tombstones</th><td>1</td>', body)
        self.assertNotIn(b"Registry", ask(FakeNode(), "/").body)

    def test_events(self) -> None:
        """Each part that events pass is a row with its counters, the archive's apart; none where none pass."""
        node = FakeNode(
            came={"plain": 1},
            sentBy={"x-netlog": {"sent": 4, "missed": 0}, "file": {"sent": 2}},
            published={"archiveEvents": 7, "archiveWaitingBytes": 64, "published": 9},
            taken={"events": 8},
            made={"taken": 8, "circled": 1},
        )
        body = ask(node, "/").body
        section = re.search(rb'<h2 id="events">(.*?)</section>', body, re.DOTALL)
        assert section is not None
        self.assertEqual(
            re.findall(rb"<th[^>]*>(.*?)</th>\s*<td[^>]*>(.*?)</td>", section[1]),
            [
                (b"lines that came", b"plain 1"),
                (b"consumer", b"events 8"),
                (b"made of them", b"taken 8, circled 1"),
                (b"archive", b"events 7, waitingBytes 64"),
                (b"producer", b"published 9"),
                (b"lines by x-netlog", b"sent 4, missed 0"),
                (b"lines by file", b"sent 2"),
            ],
        )
        self.assertNotIn(b'id="events"', ask(FakeNode(), "/").body)

    def sources(self, *copied: dict[str, str]) -> list[tuple[bytes, list[bytes]]]:
        """Mark and cells of each row of what is copied."""
        body = ask(FakeNode(copied=copied), "/").body
        rows = re.findall(
            rb'<tr class="(\w*)">\s*<th scope="row">http://site:8480/services/index</th>(.*?)</tr>',
            body,
            re.DOTALL,
        )
        return [(mark, re.findall(rb"<td[^>]*>(.*?)</td>", row)) for mark, row in rows]

    def test_sources(self) -> None:
        """Each source that is copied is a row: names, state, values, last notice, why it is not live; these first."""
        failed = {**COPIED, "state": "failed", "lastNotice": "", "reason": "it refuses"}
        name = b"{urn:example}Host"
        self.assertEqual(
            self.sources(COPIED, failed),
            [
                (b"trouble", [b"site", name, b"failed", b"12", b"", b"", b"it refuses"]),
                (b"", [b"site", name, b"live", b"12", b"", b"5 s ago", b""]),
            ],
        )
        self.assertNotIn(b"Sources", ask(FakeNode(), "/").body)

    def test_sourceOrder(self) -> None:
        """The worst are first; one that has only begun to connect is marked as little as a live one."""
        states = ("live", "connecting", "stale", "failed")
        copied = [{**COPIED, "state": state, "reason": "why"} for state in states]
        copied.append({**COPIED, "state": "connecting", "reason": ""})
        self.assertEqual(
            [(cells[2], bool(mark)) for mark, cells in self.sources(*copied)],
            [
                (b"failed", True),
                (b"stale", True),
                (b"connecting", True),
                (b"connecting", False),
                (b"live", True),
            ],
        )

    def test_notTaken(self) -> None:
        """How many values of a source are not taken, and why, stands beside those that are; it is no trouble."""
        ((mark, cells),) = self.sources({**COPIED, "refused": "3 had been here"})
        self.assertEqual((mark, cells[3:5]), (b"", [b"12", b"3 had been here"]))

    def test_full(self) -> None:
        """A hundred providers and a hundred sources with hostile words: every one is there, as text."""
        evil = "<script>alert('&amp;\"')</script>"
        words = {"lastError": evil, "state": "failed"}
        rows = [{**HOST, **words, "name": f"{place}{evil}"} for place in range(100)]
        copied = [
            {key: f"{place}{evil}" if key != "lastNotice" else "" for key in COPIED}
            for place in range(100)
        ]
        body = ask(FakeNode(rows=rows, copied=copied), "/").body
        self.assertNotIn(b"<script", body)
        page = ElementTree.fromstring(body.partition(b"\n")[2])
        providers, sources = (
            ["".join(cell.itertext()) for row in table.iter("tr") for cell in row]
            for table in list(page.iter("tbody"))[:2]
        )
        self.assertEqual(providers[::8], [row["name"] for row in rows])
        self.assertEqual(providers[7::8], [evil] * 100)
        self.assertEqual(sources[::8], [row["source"] for row in copied])
        self.assertEqual(sources[5::8], [row["refused"] for row in copied])
        self.assertEqual(sources[7::8], [row["reason"] for row in copied])

    def test_turns(self) -> None:
        """A long page is made in many turns of the reactor, and is the same page."""
        rows = [{**HOST, "name": f"p{place}"} for place in range(40)]
        node = FakeNode(rows=rows, copied=[COPIED] * 40, elsewhere=[MEMBERSHIP] * 40)
        clock = Clock()
        page = StatusPage(node, clock)
        request: Any = None
        whole = self.successResultOf(toDeferred(page.made(request)))
        seconds = clock.seconds
        clock.seconds = lambda: seconds() + later()  # type: ignore[method-assign]

        def later() -> float:
            clock.rightNow += SLICE / 8
            return 0.0

        making = toDeferred(page.made(request))
        turns = 0
        while not making.called:
            (call,) = clock.calls
            clock.calls.clear()
            call.called = 1
            call.func(*call.args, **call.kw)
            turns += 1
        self.assertEqual(self.successResultOf(making), whole)
        self.assertGreaterEqual(turns, 12)

    def test_manySources(self) -> None:
        """Of very many those in trouble are shown, and how many there are."""
        failed = {**COPIED, "state": "stale"}
        self.assertEqual(len(self.sources(*[COPIED] * 150, failed)), 100)
        self.assertEqual(self.sources(*[COPIED] * 150, failed)[0][0], b"trouble")
        body = ask(FakeNode(copied=[COPIED] * 150), "/").body
        self.assertIn(b"the 100 that need you most, of 150", body)

    def test_subscriptions(self) -> None:
        """How many subscriptions there are is said at the top."""
        self.assertIn(
            b"42 values of service data, 7 subscriptions", ask(FakeNode(told=7), "/").body
        )

    def test_memberships(self) -> None:
        """Each service registered elsewhere is a row: registry, state, until when, and what went wrong."""
        failed = {**MEMBERSHIP, "state": "trying", "until": "", "lastError": "no way there"}
        body = ask(FakeNode(elsewhere=(MEMBERSHIP, failed)), "/").body
        first, second = re.findall(
            rb'<tr class="(\w*)">\s*<th scope="row">http://127.0.0.1:8480/services/index</th>(.*?)</tr>',
            body,
            re.DOTALL,
        )
        cells = [re.findall(rb"<td[^>]*>(.*?)</td>", row) for _, row in (first, second)]
        self.assertEqual(
            cells,
            [
                [b"http://vo:8481/services/registry", b"registered", b"in 5 min", b""],
                [b"http://vo:8481/services/registry", b"trying", b"", b"no way there"],
            ],
        )
        self.assertEqual((first[0], second[0]), (b"", b"trouble"))
        self.assertNotIn(b"Registered elsewhere", ask(FakeNode(), "/").body)

    def test_withoutRole(self) -> None:
        """A node that has no role says nothing of it."""
        text = re.sub(rb"<[^>]*>", b"", ask(FakeNode(role=""), "/").body)
        self.assertIn(b"gma-index 0.1.0", text)

    def test_labels(self) -> None:
        """Each cell tells its column, so that a narrow screen can show rows as lists."""
        body = ask(FakeNode(), "/").body
        columns = re.findall(rb'<th scope="col">(.*?)</th>', body)
        self.assertEqual(re.findall(rb'data-label="(.*?)"', body), columns[1:])

    def test_madeOnceASecond(self) -> None:
        """Many requests in a second are answered with what one of them made; the next second has its own."""
        for target in ("/", "/api/v1/status"):
            node = FakeNode()
            site = siteOf(node)
            first = ask(node, target, site=site).body
            node.up += 0.875
            node.name = "renamed"
            self.assertEqual(ask(node, target, site=site).body, first)
            self.assertEqual(node.asked, 1)
            node.up += 0.125
            self.assertIn(b"renamed", ask(node, target, site=site).body)
            self.assertEqual(node.asked, 2)

    def test_failureIsNotKept(self) -> None:
        """After a page that failed the next request tries anew."""
        node = FakeNode(rows=(None,))  # type: ignore[arg-type]
        site = siteOf(node)
        self.assertEqual(ask(node, "/", site=site).status, 500)
        self.flushLoggedErrors()
        node.rows = ()
        self.assertEqual(ask(node, "/", site=site).status, 200)

    def test_escaped(self) -> None:
        """What a provider printed is text on the page, never markup."""
        evil = "<script>alert(1)</script>\"'&"
        body = ask(FakeNode(rows=({**HOST, "lastError": evil, "state": evil},)), "/").body
        self.assertNotIn(b"<script", body)
        self.assertIn(b"&lt;script&gt;alert(1)&lt;/script&gt;", body)

    def test_wellFormed(self) -> None:
        """The page is well-formed, so that any browser sees the same tree."""
        full = FakeNode(
            held={"entries": 1},
            elsewhere=(MEMBERSHIP,),
            copied=(COPIED,),
            taken={"events": 1},
        )
        for node in (FakeNode(), full):
            page = ask(node, "/").body.removeprefix(b"<!DOCTYPE html>\n")
            self.assertEqual(ElementTree.fromstring(page).tag, "html")

    def test_nothingRuns(self) -> None:
        """No script, no style in the page: the policy would refuse both."""
        body = ask(FakeNode(), "/").body
        for word in (b"<script", b"<style", b"style=", b"onclick", b"javascript:"):
            self.assertNotIn(word, body)


class FaceTests(SynchronousTestCase):
    """What all of them have in common."""

    def test_headers(self) -> None:
        """Every answer, an error too, forbids sniffing, framing, foreign content and storing."""
        targets = ("/", "/api/v1/status", "/metrics", "/sd/prometheus", "/-/healthy", "/-/ready")
        for target in (*targets, "/static/style.css", "/nowhere"):
            fields = ask(FakeNode(), target).fields
            self.assertIn("default-src 'none'", fields["content-security-policy"], target)
            self.assertIn("frame-ancestors 'none'", fields["content-security-policy"], target)
            self.assertEqual(fields["x-content-type-options"], "nosniff")
            self.assertEqual(fields["cache-control"], "no-store")

    def test_head(self) -> None:
        """HEAD has the length of the page and no page."""
        page, head = ask(FakeNode(), "/"), ask(FakeNode(), "/", "HEAD")
        self.assertEqual(head.status, 200)
        self.assertEqual(head.body, b"")
        self.assertEqual(head.fields["content-length"], str(len(page.body)))

    def test_lines(self) -> None:
        """Where lines of events come in is beside the services; where none do there is no word of them."""
        place = "x-netlog://127.0.0.1:14830"
        self.assertIn(place.encode(), ask(FakeNode(heard=(place,)), "/").body)
        self.assertNotIn(b"lines of events", ask(FakeNode(), "/").body)

    def test_readOnly(self) -> None:
        """Nothing can be posted to a page."""
        answer = ask(FakeNode(), "/", "POST")
        self.assertEqual((answer.status, answer.fields["allow"]), (405, "GET, HEAD"))

    def test_style(self) -> None:
        """The style sheet has a dark mode and fetches nothing."""
        answer = ask(FakeNode(), "/static/style.css")
        self.assertEqual(answer.fields["content-type"], "text/css; charset=utf-8")
        self.assertIn(b"prefers-color-scheme: dark", answer.body)
        self.assertNotIn(b"url(", answer.body)
        self.assertNotIn(b"@import", answer.body)

    def test_failure(self) -> None:
        """A page that fails says nothing of why; the log does, and does not quote the page."""
        node = FakeNode(rows=(None,))  # type: ignore[arg-type]
        answer = ask(node, "/")
        self.assertEqual(
            (answer.status, answer.body), (500, b"this page failed; the node's log says why\n")
        )
        (logged,) = self.flushLoggedErrors(AttributeError)
        self.assertIn("row.get(column", logged.getTraceback())
        # Runs of trial in several processes log it a second time when it is longer than they can pass on.
        self.assertLess(len(logged.getTraceback()), 10_000)


class OtherTests(SynchronousTestCase):
    """The other paths."""

    def test_json(self) -> None:
        """The same facts as one JSON object."""
        node = FakeNode(
            held={"entries": 3},
            elsewhere=(MEMBERSHIP,),
            copied=(COPIED,),
            told=2,
            heard=("x-netlog://127.0.0.1:14830",),
            came={"plain": 1},
            sentBy={"x-netlog": {"sent": 4}},
            published={"published": 9, "archiveBytes": 4096},
            taken={"events": 8},
            made={"taken": 8, "circled": 1},
        )
        answer = ask(node, "/api/v1/status?pretty")
        self.assertEqual(answer.fields["content-type"], "application/json")
        url = "http://127.0.0.1:8480/services/index"
        self.assertEqual(
            json.loads(answer.body),
            {
                "name": "index-8480",
                "kind": "gma-index",
                "role": "site",
                "version": "0.1.0",
                "baseUrl": "http://127.0.0.1:8480",
                "uptime": 3725.25,
                "elements": 42,
                "services": [{"path": "/services/index", "url": url, "wsdl": f"{url}?wsdl"}],
                "providers": [HOST],
                "registry": {"entries": 3},
                "memberships": [MEMBERSHIP],
                "subscriptions": 2,
                "listening": ["x-netlog://127.0.0.1:14830"],
                "lines": {"plain": 1},
                "sentLines": {"x-netlog": {"sent": 4}},
                "producer": {"published": 9, "archiveBytes": 4096},
                "consumer": {"events": 8},
                "compound": {"taken": 8, "circled": 1},
                "sources": [COPIED],
                "aggregation": {"put": 7},
                "requests": {
                    "connections": 0,
                    "soap": 5,
                    "web": 3,
                    "refused": 0,
                    "deadlines": 0,
                    "dropped": 0,
                },
                "reloads": NEVER,
            },
        )

    def test_healthy(self) -> None:
        """A node that answers is healthy."""
        answer = ask(FakeNode(), "/-/healthy")
        self.assertEqual((answer.status, answer.body), (200, b"healthy\n"))

    def test_ready(self) -> None:
        """A node that serves all it has is ready; one that does not is not, and says in a line what is missing."""
        answer = ask(FakeNode(), "/-/ready")
        self.assertEqual((answer.status, answer.body), (200, b"ready\n"))
        answer = ask(FakeNode(missing="starting: /services/index"), "/-/ready")
        self.assertEqual((answer.status, answer.body), (503, b"starting: /services/index\n"))
        self.assertEqual(answer.fields["content-type"], "text/plain; charset=utf-8")
        self.assertEqual(ask(FakeNode(missing="starting"), "/-/healthy").status, 200)

    def test_links(self) -> None:
        """The status page leads to what programs read."""
        body = ask(FakeNode(), "/").body
        for target in (b"/api/v1/status", b"/metrics", b"/-/ready", b"/sd/prometheus"):
            self.assertIn(b'href="%b"' % target, body)

    def test_mounted(self) -> None:
        """What others put below the root is left to them."""
        self.assertEqual(ask(FakeNode(), "/services/index?x").body, b"mounted")

    def test_unknown(self) -> None:
        """A path that is not there gets a page that links to those that are."""
        answer = ask(FakeNode(), "/api/v1/staus")
        self.assertEqual(answer.status, 404)
        self.assertIn(b"/api/v1/staus", answer.body)
        links = re.findall(rb'href="([^"]*)"', answer.body)
        self.assertEqual(
            links[1:],
            [
                b"/",
                b"/api/v1/status",
                b"/metrics",
                b"/sd/prometheus",
                b"/-/healthy",
                b"/-/ready",
                b"/services/index?wsdl",
            ],
        )

    def test_unknownEscaped(self) -> None:
        """A path cannot bring markup into that page."""
        body = ask(FakeNode(), "/%3Cscript%3E<b").body
        self.assertNotIn(b"<script", body)
        self.assertNotIn(b"<b<", body)


class SpanTests(SynchronousTestCase):
    """Durations for people."""

    def test_units(self) -> None:
        """The two largest units, nothing that is zero."""
        cases = {
            0.4: "0 s",
            59.9: "59 s",
            60: "1 min",
            3725: "1 h 2 min",
            90000: "1 d 1 h",
            86405: "1 d",
        }
        self.assertEqual({seconds: span(seconds) for seconds in cases}, cases)

    def test_milliseconds(self) -> None:
        """Three digits that count, never an exponent; what is no number stays."""
        cases = {
            "0.000106": "0.106",
            "0.00000001234": "0.0000123",
            "0.012": "12.0",
            "1.5": "1500",
            "12.3456": "12300",
            "0": "0",
            "": "",
            "INF": "INF",
            "soon": "soon",
        }
        self.assertEqual({text: milliseconds(text) for text in cases}, cases)

    def test_until(self) -> None:
        """How far away; what has come is now, and less than a second is not zero."""
        now = 1772366401.0
        cases = {
            "2026-03-01T12:00:05Z": "in 4 s",
            "2026-03-01T14:05:01Z": "in 2 h 5 min",
            "2026-03-01T12:00:01.5Z": "in 1 s",
            "2026-03-01T12:00:01Z": "now",
            "2020-01-01T00:00:00Z": "now",
            "infinity": "infinity",
            "soon": "soon",
        }
        self.assertEqual({text: until(text, now) for text in cases}, cases)

    def test_since(self) -> None:
        """How long ago; less than a second, and what is ahead, is now."""
        now = 1772366401.0
        cases = {
            "2026-03-01T11:59:57Z": "4 s ago",
            "2026-03-01T12:00:00.5Z": "now",
            "2026-03-01T12:00:05Z": "now",
            "-infinity": "-infinity",
            "soon": "soon",
        }
        self.assertEqual({text: since(text, now) for text in cases}, cases)


class CounterTests(SynchronousTestCase):
    """The counters of the Gate."""

    def test_all(self) -> None:
        """The known ones come first and in their order, then what else was counted."""
        self.assertEqual(
            list(allCounters({"zebra": 2, "web": 1, "ant": 3}).items()),
            [
                ("connections", 0),
                ("soap", 0),
                ("web", 1),
                ("refused", 0),
                ("deadlines", 0),
                ("dropped", 0),
                ("ant", 3),
                ("zebra", 2),
            ],
        )
