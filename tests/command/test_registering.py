"""C{gma register} and C{gma unregister}."""

import json
import signal

from lxml import etree

from gma_twisted.errors import PeerUnreachable
from gma_twisted.interfaces import Reply
from gma_twisted.markup.namespaces import GMA
from gma_twisted.nodes import INDEX, REGISTRY
from tests.command.stand import NODE, NodesCase, Peer, run

REGISTRY_NODE = "127.0.0.1:8481"
MEMBER = "http://site.example.org:8480/services/index"


class RegisterTests(NodesCase):
    """Once."""

    def setUp(self) -> None:
        """A registry."""
        super().setUp()
        self.registry = self.node("", kind=REGISTRY)

    def count(self) -> int:
        """How many entries there are."""
        self.reactor.advance(1.1)
        return int(self.status(self.registry)["registry"]["entries"])

    def test_formats(self) -> None:
        """The entry and the seconds granted; the same entry the next time."""
        entry = json.loads(
            self.gma("register", REGISTRY_NODE, MEMBER, "--lifetime", "1m", "-o", "json")
        )
        self.assertEqual(entry.keys(), {"entry", "lifetime"})
        self.assertEqual(entry["lifetime"], 60)
        self.assertIn("/services/registry/entries/", entry["entry"])
        head, row = self.gma("register", REGISTRY_NODE, MEMBER, "--lifetime", "90").splitlines()
        self.assertEqual(head.split(), ["ENTRY", "GRANTED"])
        self.assertEqual(row.split(), [entry["entry"], "90", "s"])
        root = etree.fromstring(self.gma("register", REGISTRY_NODE, MEMBER, "-o", "xml"))
        self.assertEqual(root.findtext(f"{{{GMA}}}entry"), entry["entry"])
        self.assertEqual(self.count(), 1)

    def test_content(self) -> None:
        """Name, interfaces, attributes and names are what the entry says."""
        self.gma(
            *(
                "register",
                REGISTRY_NODE,
                MEMBER,
                "--name",
                "site",
                "--interface",
                "ogsi:GridService",
            ),
            *("--interface", "{urn:a}b", "--attribute", "tier=2", "--attribute", "x=a=b"),
            *("--content-names", "glue:*"),
        )
        told = self.gma("get", REGISTRY_NODE, "ogsi:entry")
        for word in ("site", "GridService", "urn:a", "tier", ">a=b<", "glue.base.ogsa"):
            self.assertIn(word, told)

    def test_unregister(self) -> None:
        """By the service's handle, or by its entry's, whatever name the node has there."""
        self.gma("register", REGISTRY_NODE, MEMBER)
        self.gma("unregister", REGISTRY_NODE, MEMBER)
        self.assertEqual(self.count(), 0)
        entry = json.loads(self.gma("register", REGISTRY_NODE, MEMBER, "-o", "json"))["entry"]
        elsewhere = entry.replace("127.0.0.1", "vo.example.org")
        self.gma("unregister", REGISTRY_NODE, elsewhere)
        self.assertEqual(self.count(), 0)

    def test_absent(self) -> None:
        """Who is not there: exit status 1, by either handle."""
        self.assertIn("(UnknownId)", self.fails(1, "unregister", REGISTRY_NODE, MEMBER))
        entry = json.loads(self.gma("register", REGISTRY_NODE, MEMBER, "-o", "json"))["entry"]
        self.gma("unregister", REGISTRY_NODE, entry)
        self.fails(1, "unregister", REGISTRY_NODE, entry)
        self.fails(1, "unregister", REGISTRY_NODE, entry[:-1])

    def test_noRegistry(self) -> None:
        """A service that is no registry: exit status 4."""
        container = f"http://{REGISTRY_NODE}/services/container"
        self.fails(4, "register", container, MEMBER)
        self.fails(4, "unregister", container, MEMBER)

    def test_refused(self) -> None:
        """A registry with rules says which one is not kept."""
        self.node(
            "[[registry.membership_rules]]\nmember_interface = '{urn:a}b'\n",
            name="strict",
            kind=INDEX,
        )
        said = self.fails(4, "register", NODE, MEMBER)
        self.assertIn("(unsupportedMemberInterfaceFault)", said)

    def test_unreachable(self) -> None:
        """Exit status 3."""
        for verb in ("register", "unregister"):
            self.assertIn("http://nobody:1/", self.fails(3, verb, "nobody:1", MEMBER))

    def test_usage(self) -> None:
        """What is no handle, no lifetime or no attribute is a usage error."""
        for words in (
            ("site",),
            ("ftp://site/x",),
            (MEMBER, "--lifetime", "0"),
            (MEMBER, "--attribute", "tier"),
            (MEMBER, "--interface", "glue:*"),
        ):
            self.assertEqual(
                run(self.caller, "register", REGISTRY_NODE, *words).exit_code, 2, words
            )


class KeepTests(NodesCase):
    """C{--keep}."""

    def setUp(self) -> None:
        """A registry."""
        super().setUp()
        self.registry = self.node("", kind=REGISTRY)
        self.words = ("register", REGISTRY_NODE, MEMBER, "--lifetime", "1m", "--keep", "-o", "json")

    def held(self) -> int:
        """How many there are."""
        return int(self.status(self.registry)["registry"]["entries"])

    def test_kept(self) -> None:
        """It is renewed whenever half of the time is over, and unregistered at Ctrl-C; SIGTERM means the same again."""
        seen = []
        before = signal.getsignal(signal.SIGTERM)

        def during(count: int) -> None:
            seen.append(self.held())
            if count == 5:
                raise KeyboardInterrupt

        self.during = during
        self.gma(*self.words)
        self.assertEqual(self.pauses, [30.0] * 5)
        self.assertEqual(seen, [1] * 5)
        self.reactor.advance(1.1)
        self.assertEqual(self.held(), 0)
        self.assertIs(signal.getsignal(signal.SIGTERM), before)

    def test_terminated(self) -> None:
        """SIGTERM ends it as Ctrl-C does."""
        self.during = lambda count: signal.raise_signal(signal.SIGTERM)
        self.gma(*self.words)
        self.reactor.advance(1.1)
        self.assertEqual(self.held(), 0)

    def test_forgotten(self) -> None:
        """A registry that has forgotten the entry is told again, and whoever watches too."""
        entry = ""

        def during(count: int) -> None:
            nonlocal entry
            if count == 1:
                entry = json.loads(self.gma("get", REGISTRY_NODE, "ogsi:entry", "-o", "json"))[0][
                    "value"
                ]["serviceGroupEntryLocator"]["handle"]
                self.gma("unregister", REGISTRY_NODE, MEMBER)
            elif count == 3:
                self.assertEqual(self.held(), 1)
                raise KeyboardInterrupt

        self.during = during
        first, second = self.says(*self.words).splitlines()
        self.assertIn("it is tried again", first)
        self.assertRegex(second, "^again: http://127.0.0.1:8481/services/registry/entries/")
        self.assertNotIn(entry, second)
        self.assertEqual(self.pauses[::2], [30.0, 30.0])
        self.assertLessEqual(self.pauses[1], 1.0)

    def test_away(self) -> None:
        """A registry out of reach is asked again after pauses, told once, and found again."""

        def during(count: int) -> None:
            if count == 1:
                self.away = self.nodes.pop(REGISTRY_NODE)
            elif count == 4:
                self.nodes[REGISTRY_NODE] = self.away
            elif count == 6:
                raise KeyboardInterrupt

        self.during = during
        (line,) = self.says(*self.words).splitlines()
        self.assertIn("cannot be reached", line)
        self.assertEqual(self.pauses[0], 30.0)
        self.assertTrue(all(1.0 <= pause <= 8.0 for pause in self.pauses[1:4]), self.pauses)
        self.assertEqual(self.pauses[-1], 30.0)

    def test_goneAtTheEnd(self) -> None:
        """One that is out of reach at Ctrl-C: exit status 3, for it is still registered."""

        def during(count: int) -> None:
            self.nodes.clear()
            raise KeyboardInterrupt

        self.during = during
        ended = run(self.caller, *self.words)
        self.assertEqual(ended.exit_code, 3)
        self.assertIn("cannot be reached", ended.stderr)

    def test_overAtTheEnd(self) -> None:
        """One that is gone at Ctrl-C is no error: it is not there, which was wanted."""

        def during(count: int) -> None:
            self.gma("unregister", REGISTRY_NODE, MEMBER)
            raise KeyboardInterrupt

        self.during = during
        self.assertIn("was not there any more", self.says(*self.words))

    def test_lostAtTheEnd(self) -> None:
        """Neither is one that was lost and not taken anew yet."""

        def during(count: int) -> None:
            if count == 2:
                raise KeyboardInterrupt
            self.gma("unregister", REGISTRY_NODE, MEMBER)

        self.during = during
        self.assertIn("it is tried again", self.says(*self.words))
        self.assertEqual(self.held(), 0)

    def test_notGranted(self) -> None:
        """What is refused the first time is not tried again."""
        self.fails(3, "register", "nobody:1", MEMBER, "--keep")
        self.assertEqual(self.pauses, [])


class OddTests(NodesCase):
    """Registries that grant what nobody can keep."""

    def test_noTime(self) -> None:
        """No time at all: asked once a second, not more often."""
        said = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body>'
            '<r:%s xmlns:r="urn:gma-twisted:2026:registration">%s</r:%s></e:Body></e:Envelope>'
        )
        entry = "<r:entry>http://h:1/e</r:entry>"

        def answer(method: str, url: str, body: bytes) -> bytes | Reply:
            for name, inside in (
                ("registerService", f"{entry}<r:lifetime>0</r:lifetime>"),
                (
                    "renewServices",
                    f"<r:result>{entry}<r:state>renewed</r:state><r:lifetime>0</r:lifetime></r:result>",
                ),
                ("unregisterService", ""),
            ):
                if b"reg:%b>" % name.encode() in body:
                    name += "Response"
                    return (said % (name, inside, name)).encode()
            raise PeerUnreachable("nobody")

        def during(count: int) -> None:
            if count == 3:
                raise KeyboardInterrupt

        self.during = during
        self.caller = Peer(answer=answer, pause=self.pause)
        self.gma("register", "h:1/x", MEMBER, "--keep")
        self.assertEqual(self.pauses, [1.0, 1.0, 1.0])
