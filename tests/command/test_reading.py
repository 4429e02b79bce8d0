"""C{gma ls} and C{gma get}."""

import json
from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from gma_twisted.command.reading import Value
from gma_twisted.errors import Busy, PeerUnreachable
from gma_twisted.interfaces import Reply
from gma_twisted.markup import XMLGate, readValue
from gma_twisted.markup.namespaces import GLUE, GMA, OGSI, SD
from gma_twisted.model import Handle
from gma_twisted.nodes import INDEX
from gma_twisted.soap import ResponseWriter, writeFault
from gma_twisted.soap.declaration import operationsOf
from gma_twisted.soap.porttypes import GRID_SERVICE, REGISTRATION
from tests.command.stand import NODE, CommandCase, NodesCase, Peer, run
from tests.nodes.components import Slow

_GOOD = "[providers.good]\nclass = 'tests.nodes.components:Good'\ninterval = '5s'\ngrace = '1m'\n"
_SLOW = _GOOD.replace(":Good", ":Slow")
_FIND = next(one for one in operationsOf([GRID_SERVICE]) if one.name == "findServiceData")
_SERVICE = "http://h:1/services/x"


def answered(values: str, attributes: str = "") -> bytes:
    """The answer to findServiceData, of values."""
    spaces = f'xmlns:sd="{SD}" xmlns:gma="{GMA}" xmlns:ogsi="{OGSI}"'
    element = f"<sd:serviceDataValues {spaces} {attributes}>{values}</sd:serviceDataValues>"
    return bytes(ResponseWriter(_FIND, False).write(element.encode()))


class NodeTests(NodesCase):
    """At a node."""

    def setUp(self) -> None:
        """An index with a provider of one value that never changes."""
        super().setUp()
        self.node(_GOOD, kind=INDEX)

    def test_names(self) -> None:
        """Every name, once, in order: short in the table, whole in JSON, as the node said it in XML."""
        lines = self.gma("ls", NODE).splitlines()
        self.assertEqual(lines[0], "NAME")
        self.assertLessEqual({"ogsi:interface", "gma:node", "{urn:example}Good"}, set(lines))
        names = json.loads(self.gma("ls", NODE, "-o", "json"))
        self.assertEqual(len(names), len(lines) - 1)
        self.assertIn(f"{{{OGSI}}}interface", names)
        self.assertEqual(names, sorted(set(names)))
        root = etree.fromstring(self.gma("ls", NODE, "-o", "xml"))
        self.assertEqual({one.tag for one in root}, {f"{{{OGSI}}}serviceDataName"})
        self.assertEqual(len(root), len(names))

    def test_values(self) -> None:
        """The values of a name: key, for how long, from whom."""
        self.assertEqual(
            self.gma("ls", NODE, "{urn:example}Good").splitlines(),
            [
                "NAME               KEY  GOOD FOR  FROM",
                "{urn:example}Good  -    5 s       http://127.0.0.1:8480/services/index",
            ],
        )
        (told,) = json.loads(self.gma("ls", NODE, "{urn:example}Good", "-o", "json"))
        self.assertEqual((told["name"], told["isStale"]), ("{urn:example}Good", False))

    def test_wildcard(self) -> None:
        """Every name of a namespace."""
        names = {one["name"] for one in json.loads(self.gma("ls", NODE, "gma:*", "-o", "json"))}
        self.assertLessEqual({f"{{{GMA}}}node", f"{{{GMA}}}providerStatus"}, names)

    def test_get(self) -> None:
        """A value whole, in XML by default, in one document."""
        root = etree.fromstring(self.gma("get", NODE, "gma:node"))
        self.assertEqual(root.tag, f"{{{SD}}}serviceDataValues")
        self.assertEqual([one.tag for one in root], [f"{{{GMA}}}node"])
        (value,) = json.loads(self.gma("get", NODE, "gma:node", "-o", "json"))
        self.assertEqual(value["value"]["name"], "index-8480")
        table = self.gma("get", NODE, "gma:node", "-o", "table").splitlines()
        self.assertEqual(table[0].split(), ["KEY", "WHERE", "VALUE"])
        self.assertIn(["-", "node/name", "index-8480"], [line.split() for line in table])

    def test_service(self) -> None:
        """A service of the node by its handle."""
        url = f"http://{NODE}/services/container"
        (told,) = json.loads(self.gma("get", url, "ogsi:gridServiceHandle", "-o", "json"))
        self.assertEqual(told["value"]["#text"], url)

    def test_filters(self) -> None:
        """By key and by originator."""
        key = f"{{{OGSI}}}GridService"
        (told,) = json.loads(self.gma("get", NODE, "ogsi:interface", "--key", key, "-o", "json"))
        self.assertEqual(told["key"], key)
        said = self.fails(1, "get", NODE, "ogsi:interface", "--originator", "http://nobody/x")
        self.assertIn("no value of", said)

    def test_unknown(self) -> None:
        """A name the node does not know is not found: exit status 1, and the fault's name."""
        for verb in ("ls", "get"):
            said = self.fails(1, verb, NODE, "{urn:nix}nix")
            self.assertRegex(said, r"^gma: .*\{urn:nix\}nix.*\(targetInvalidFault\)$")

    def test_unreachable(self) -> None:
        """Nobody there: exit status 3, and where."""
        for verb in (("ls", "nobody:1"), ("get", "nobody:1/x", "glue:Host")):
            self.assertIn("http://nobody:1/", self.fails(3, *verb))

    def test_usage(self) -> None:
        """What is no name or no node is a usage error that says what to write."""
        ended = run(self.caller, "get", NODE, "glu:Host")
        self.assertEqual((ended.exit_code, ended.stdout), (2, ""))
        self.assertIn('did you mean "glue"?', ended.stderr)
        self.assertEqual(run(self.caller, "get", NODE, "glue:*").exit_code, 2)
        self.assertEqual(run(self.caller, "ls", "ftp://h").exit_code, 2)

    def test_noService(self) -> None:
        """A path without a service is refused, whatever the node answers there."""
        ended = run(self.caller, "ls", f"http://{NODE}/services/nix")
        self.assertIn(ended.exit_code, (1, 4))
        self.assertEqual(ended.stdout, "")


class StaleTests(NodesCase):
    """A provider that does not come back."""

    def test_stale(self) -> None:
        """What is past its time is told as stale, and is not fresh."""
        self.node(_SLOW, kind=INDEX)
        Slow.finish()
        name = "{urn:example}Slow"
        self.gma("get", NODE, name, "--fresh")
        self.reactor.pump([0.5] * 14)
        self.assertIn("no value of", self.fails(1, "get", NODE, name, "--fresh"))
        self.assertRegex(self.gma("ls", NODE, name).splitlines()[1], "stale, 5[0-9] s left")
        (told,) = json.loads(self.gma("get", NODE, name, "-o", "json"))
        self.assertTrue(told["isStale"])


class PagingTests(NodesCase):
    """More values than one answer has."""

    def test_pages(self) -> None:
        """Every one is there, once."""
        self.node("", kind=INDEX)
        notes = [f"http://site{number}.example.org:8480/services/index" for number in range(1500)]
        registry = self.proxy(f"http://{NODE}/services/index", REGISTRATION)
        for note in notes:
            self.result(registry.registerService(Handle(note), lifetime=3600.0))
        told = json.loads(self.gma("get", NODE, "ogsi:entry", "-o", "json"))
        found = [one["value"]["memberServiceLocator"]["handle"] for one in told]
        self.assertEqual(sorted(found), sorted(notes))


class PeerTests(CommandCase):
    """At peers that are not as they should be."""

    def peer(self, answer: Callable[[int], bytes | Reply]) -> None:
        """Answer every call, by its number from 0."""
        calls: list[str] = []

        def told(method: str, url: str, body: bytes) -> bytes | Reply:
            calls.append(url)
            return answer(len(calls) - 1)

        self.caller = Peer(answer=told)
        self.calls = calls

    def test_hostile(self) -> None:
        """Nothing a peer says steers the terminal: neither names, keys, texts nor originators."""
        bad = "\x9b2J\u202e"
        self.peer(
            lambda call: answered(
                f'<a xmlns="urn:a" gma:key="{bad}" gma:originator="{bad}" b="{bad}">{bad}</a>'
            )
        )
        for words in (("ls",), ("get",)):
            for format in ("table", "json", "xml"):
                told = self.gma(words[0], _SERVICE, "{urn:a}b", "-o", format)
                self.assertTrue(told.replace("\n", "").isprintable(), (words, format))

    def test_fault(self) -> None:
        """A fault is exit status 4, in one line, with its code."""
        fault = writeFault(Busy("later\n\x9b"), False, "http://h/x", 0.0, "c")
        self.peer(lambda call: Reply(500, fault))
        self.assertEqual(self.fails(4, "ls", _SERVICE), "gma: later \ufffd (Busy)")

    def test_nonsense(self) -> None:
        """So is what is no answer at all."""
        for said in (b"", b"<html/>", b"{}", answered("<a", "").replace(b"&lt;", b"<")):
            self.peer(lambda call, said=said: Reply(200, said))  # type: ignore[misc]
            self.fails(4, "get", _SERVICE, "glue:Host")
        self.peer(lambda call: Reply(404, b"nothing here"))
        self.assertIn("HTTP status 404", self.fails(4, "get", _SERVICE, "glue:Host"))

    def test_endless(self) -> None:
        """A cursor that leads to itself is not followed for ever."""
        self.peer(lambda call: answered("<a/>", 'gma:cursor="x"'))
        self.assertIn("again and again", self.fails(4, "ls", _SERVICE, "a"))
        self.assertEqual(len(self.calls), 2)

    def test_lost(self) -> None:
        """A peer that goes away between two pages: nothing is printed, exit status 3."""

        def answer(call: int) -> bytes:
            if call:
                raise PeerUnreachable("gone")
            return answered("<a/>", 'gma:cursor="x"')

        self.peer(answer)
        self.assertEqual(self.fails(3, "ls", _SERVICE, "a"), "gma: gone")

    def test_noName(self) -> None:
        """A name that is none is told, not shown."""
        self.peer(lambda call: answered("<ogsi:serviceDataName>x:y</ogsi:serviceDataName>"))
        self.assertIn("names what is no name", self.fails(4, "ls", _SERVICE))

    def test_empty(self) -> None:
        """A peer without any names: nothing found."""
        self.peer(lambda call: answered(""))
        self.fails(1, "ls", _SERVICE)

    def test_plain(self) -> None:
        """Values of a service that says neither key, originator nor times, as other software's."""
        self.peer(lambda call: answered(f'<Host xmlns="{GLUE}">x</Host>'))
        line = self.gma("ls", _SERVICE, "glue:Host").splitlines()[1]
        self.assertEqual(line.split(), ["glue:Host", "-", "no", "end", "-"])

    @given(st.text(alphabet=st.characters(exclude_categories=["Cs"])))
    def test_anyText(self, text: str) -> None:
        """Whatever comes, the end is an exit status and a line."""
        self.peer(lambda call: Reply(200, text.encode()))
        self.fails(4, "get", _SERVICE, "glue:Host")


class LastsTests(CommandCase):
    """How long a value is good, in words."""

    def lasts(self, attributes: str, sent: float | None) -> str:
        """Of a value."""
        tree = XMLGate().parse(f'<a xmlns:ogsi="{OGSI}" {attributes}/>'.encode())
        return Value(readValue(tree), sent).lasts

    def test_words(self) -> None:
        """Left, without end, over; and when the sender does not say what time it has."""
        good = 'ogsi:goodUntil="1970-01-01T00:01:00Z"'
        until = 'ogsi:availableUntil="1970-01-01T00:02:00Z"'
        self.assertEqual(self.lasts(good, 10.0), "50 s")
        self.assertEqual(self.lasts("", 10.0), "no end")
        self.assertEqual(self.lasts('ogsi:goodUntil="infinity"', 10.0), "no end")
        self.assertEqual(self.lasts(f"{good} {until}", 70.0), "stale, 50 s left")
        self.assertEqual(self.lasts(good, 70.0), "stale, no end left")
        self.assertEqual(self.lasts(good, None), "until 1970-01-01T00:01:00Z")
