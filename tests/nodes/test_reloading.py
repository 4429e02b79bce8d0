"""A configuration read again while the node runs: what differs is applied, and nothing else is touched."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.trial.unittest import SynchronousTestCase
from zope.interface import implementer

from gma_twisted.configuration import Mistakes
from gma_twisted.errors import Busy, Refused, ServiceError
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.markup.namespaces import PX
from gma_twisted.model import Caller
from gma_twisted.nodes import INDEX, REGISTRY, Plan
from gma_twisted.nodes.installing import Known
from gma_twisted.nodes.kind import AGGREGATOR_NODE
from gma_twisted.nodes.reloading import Reloader
from gma_twisted.timing import SLICE, NodeClock, Ready, Turns, toDeferred
from tests.nodes.components import Slow
from tests.nodes.memorynode import Client, MemoryNode, MemoryReactor, findRequest
from tests.nodes.plans import planOf
from tests.nodes.test_registrations import GridCase

HERE = Caller("anonymous", "127.0.0.1")
NOTHING: Mapping[str, Sequence[str]] = {"changed": [], "later": [], "failed": [], "mistakes": []}


@implementer(ISimpleDataProvider)
class Counting:
    """Counts how often it is asked, by its name."""

    name = "counting"
    description = "how often it was asked"
    asked: ClassVar[Counter[str]] = Counter()

    def __init__(self, who: str = "a") -> None:
        self.who = who

    def provide(self) -> Ready[bytes]:
        """The document."""
        self.asked[self.who] += 1
        return Ready(b'<Asked xmlns="urn:example">%d</Asked>' % self.asked[self.who])


@implementer(ISimpleDataProvider)
class Stubborn:
    """Goes on when it is told to end."""

    name = "stubborn"
    description = "does not end"
    late: ClassVar[list[Deferred[bytes]]] = []

    async def provide(self) -> bytes:
        """The document, when it likes."""
        try:
            return await Deferred()
        except CancelledError:
            self.late.append(Deferred())
            return await self.late[-1]


def section(name: str, component: str = "Counting", more: str = "") -> str:
    """A provider of this module."""
    return (
        f"[providers.{name}]\nclass = 'tests.nodes.test_reloading:{component}'\n"
        f"interval = '10s'\ngrace = '60s'\n{more}\n"
    )


def counting(name: str, more: str = "") -> str:
    """A provider that counts under its name, and gives the value {urn:example}NAME."""
    return section(
        name, more=f"name = '{{urn:example}}{name}'\narguments = {{ who = '{name}' }}\n{more}"
    )


@implementer(ISimpleDataProvider)
class Once:
    """Knows how many of it were made."""

    name = "once"
    description = "is made once"
    made: ClassVar[list[object]] = []

    def __init__(self) -> None:
        self.made.append(self)

    def provide(self) -> Ready[bytes]:
        """The document."""
        return Ready(b'<Once xmlns="urn:example"/>')


class ReloadCase(SynchronousTestCase):
    """A node of one reactor."""

    def setUp(self) -> None:
        """Nothing was asked."""
        Counting.asked.clear()
        Stubborn.late.clear()
        Slow.waiting.clear()

    def begin(self, text: str) -> MemoryNode:
        """Start it."""
        self.node = MemoryNode(text, Path(self.mktemp()).absolute())
        self.node.service.startService()
        self.addCleanup(self.end)
        return self.node

    def end(self) -> None:
        """Stop it, if that was not done; no timer is left."""
        if self.node.service.running:
            stopping = self.node.service.stopService()
            self.node.reactor.pump([0.1] * 120)
            self.successResultOf(stopping)
        for late in Stubborn.late:
            late.callback(b"<late/>")
        Stubborn.late.clear()
        self.assertEqual(self.node.reactor.getDelayedCalls(), [])

    def reloading(self, text: str) -> "Deferred[Any]":
        """Write another configuration and begin to read it."""
        self.node.configuration = text
        return toDeferred(self.node.service.control.reload())

    def reload(self, text: str) -> Mapping[str, Sequence[str]]:
        """What comes of another configuration, at once; what is empty is left out."""
        done = self.successResultOf(self.reloading(text))
        self.assertEqual(done.keys(), NOTHING.keys())
        return {name: lines for name, lines in done.items() if lines}

    def rows(self) -> dict[str, Mapping[str, str]]:
        """The providers by name."""
        return {row["name"]: row for row in self.node.service.control.providers()}

    def counts(self) -> Mapping[str, object]:
        """What is told of reloads."""
        return self.node.service.control.reloads()

    def find(self, name: str, client: Client | None = None) -> bytes:
        """What is answered for a name of urn:example."""
        return (client or self.node.connect()).ask(findRequest(f"{{urn:example}}{name}"))

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.node.reactor.pump([0.5] * round(seconds * 2))


class ProviderTests(ReloadCase):
    """Providers."""

    def test_same(self) -> None:
        """The same configuration changes nothing, however it is written."""
        self.begin(counting("a") + counting("b"))
        before = self.rows()
        self.assertEqual(self.reload("# nothing\n" + counting("b") + counting("a")), {})
        self.assertEqual(self.rows(), before)
        self.assertEqual(Counting.asked, {"a": 1, "b": 1})

    def test_schedule(self) -> None:
        """One that is as it was keeps its schedule; one that differs begins anew, in its new interval."""
        self.begin(counting("a") + counting("b"))
        self.wait(4)
        next = self.rows()["a"]["nextRun"]
        changed = counting("a") + counting("b").replace("10s", "5s")
        self.assertEqual(self.reload(changed), {"changed": ["providers.b changed"]})
        self.assertEqual(self.rows()["a"]["nextRun"], next)
        self.assertEqual(Counting.asked, {"a": 1, "b": 2})
        self.wait(5.5)
        self.assertEqual(Counting.asked, {"a": 1, "b": 3})
        self.wait(0.5)
        self.assertEqual(Counting.asked, {"a": 2, "b": 3})
        self.assertEqual((self.rows()["a"]["runs"], self.rows()["b"]["runs"]), ("2", "2"))

    def test_running(self) -> None:
        """A run under way goes on through a reload, and its value comes."""
        slow = "[providers.slow]\nclass = 'tests.nodes.components:Slow'\ninterval = '10s'\n"
        self.begin(slow + counting("a"))
        self.assertEqual(self.reload(slow), {"changed": ["providers.a removed"]})
        self.assertEqual(self.rows()["slow"]["state"], "running")
        self.assertEqual(len(Slow.waiting), 1)
        Slow.finish()
        self.assertIn(b"<Slow", self.find("Slow"))
        self.assertEqual(self.rows()["slow"]["runs"], "1")

    def test_cancelled(self) -> None:
        """The run of one that differs is ended, and it is asked anew."""
        slow = "[providers.slow]\nclass = 'tests.nodes.components:Slow'\ninterval = '10s'\n"
        self.begin(slow)
        (first,) = Slow.waiting
        self.assertEqual(
            self.reload(slow + "timeout = '9s'\n"), {"changed": ["providers.slow changed"]}
        )
        self.assertTrue(first.called)
        self.assertEqual(len(Slow.waiting), 2)
        self.assertEqual(self.rows()["slow"]["runs"], "1")
        Slow.finish()
        self.assertEqual(self.rows()["slow"]["state"], "idle")

    def test_arguments(self) -> None:
        """An argument that only looks the same differs: 1 is not true, 1 not 1.0."""
        text = (
            "[providers.g]\nclass = 'tests.nodes.components:Good'\narguments = {{ depth = {} }}\n"
        )
        self.begin(text.format("1"))
        self.assertEqual(self.reload(text.format("1") + "# \n"), {})
        self.assertIn("mistakes", self.reload(text.format("true")))
        self.assertEqual(self.reload(text.format("2")), {"changed": ["providers.g changed"]})

    def test_removed(self) -> None:
        """One that is gone runs no more, and its status goes; its value stays until its lifetime ends."""
        self.begin(counting("a") + counting("b"))
        self.assertEqual(self.reload(counting("a")), {"changed": ["providers.b removed"]})
        self.assertEqual(list(self.rows()), ["a"])
        status = self.node.connect().ask(findRequest("{urn:gma-twisted:2026:core}providerStatus"))
        self.assertNotIn(b"<gma:name>b</gma:name>", status)
        self.assertIn(b"<gma:name>a</gma:name>", status)
        self.assertIn(b">1</", self.find("b"))
        self.wait(71)
        self.assertEqual(Counting.asked["b"], 1)
        self.assertNotIn(b"Asked", self.find("b"))
        self.assertIn(b"HTTP/1.1 200", self.find("b"))

    def test_endless(self) -> None:
        """A value without an end, of one that ran once, is stale when that is gone, and ends after its grace."""
        self.begin(counting("a").replace("10s", "0s"))
        self.reload(counting("b"))
        self.assertIn(b"Asked", self.find("a"))
        self.wait(59)
        self.assertIn(b"Asked", self.find("a"))
        self.wait(2)
        self.assertNotIn(b"Asked", self.find("a"))

    def test_endlessAgain(self) -> None:
        """Its successor of the same name gives it an endless value again."""
        once = counting("a").replace("10s", "0s")
        self.begin(once)
        self.reload(once.replace("60s", "50s"))
        self.wait(200)
        self.assertIn(b"Asked", self.find("a"))
        self.assertEqual(Counting.asked, {"a": 2})

    def test_added(self) -> None:
        """A new one runs at once, its name is known, and it stands where the file has it."""
        self.begin(counting("b"))
        text = counting("a") + counting("b") + counting("c")
        self.assertEqual(self.reload(text), {"changed": ["providers.a added", "providers.c added"]})
        self.assertEqual(list(self.rows()), ["a", "b", "c"])
        self.assertIn(b">1</", self.find("c"))

    def test_order(self) -> None:
        """One that differs stays where the file has it."""
        self.begin(counting("a") + counting("b"))
        self.reload(counting("a", "timeout = '3s'") + counting("b"))
        self.assertEqual(list(self.rows()), ["a", "b"])

    def test_renamed(self) -> None:
        """One of another name may give the value of the one that went."""
        self.begin(section("a"))
        self.assertEqual(
            self.reload(section("z")), {"changed": ["providers.a removed", "providers.z added"]}
        )
        self.assertEqual(self.rows()["z"]["lastError"], "")
        self.assertIn(b">2</", self.find("Asked"))

    def test_swapped(self) -> None:
        """Two may exchange the names of their values."""
        self.begin(counting("a") + counting("b"))
        a = counting("a").replace("}a'", "}b'")
        b = counting("b").replace("}b'", "}a'")
        self.reload(a + b)
        self.assertEqual([row["lastError"] for row in self.rows().values()], ["", ""])

    def test_standIn(self) -> None:
        """The provider that stands in where there is none comes and goes."""
        self.begin("")
        self.assertEqual(
            self.reload(counting("a")),
            {"changed": ["providers.system removed", "providers.a added"]},
        )
        self.assertEqual(
            self.reload("# none\n"), {"changed": ["providers.a removed", "providers.system added"]}
        )
        self.assertEqual(list(self.rows()), ["system"])

    def test_stubborn(self) -> None:
        """One that does not end is waited for five seconds; what it gives later is not wanted."""
        self.begin(section("s", "Stubborn"))
        done = self.reloading(counting("a"))
        self.wait(4.5)
        self.assertNoResult(done)
        self.wait(1)
        self.assertEqual(
            self.successResultOf(done)["changed"], ["providers.s removed", "providers.a added"]
        )
        Stubborn.late.pop().callback(b'<Late xmlns="urn:example"/>')
        self.assertNotIn(b"<Late", self.find("Late"))
        self.assertEqual(list(self.rows()), ["a"])
        status = self.node.connect().ask(findRequest("{urn:gma-twisted:2026:core}providerStatus"))
        self.assertNotIn(b"<gma:name>s</gma:name>", status)

    def test_stopped(self) -> None:
        """A node that stops during a reload ends it, with what was being ended."""
        self.begin(section("s", "Stubborn"))
        done = self.reloading(counting("a"))
        self.wait(1)
        self.end()
        self.failureResultOf(done, Busy)
        self.assertEqual(Counting.asked, {})


class OtherTests(ReloadCase):
    """Everything beside providers."""

    def test_listeners(self) -> None:
        """No port is closed or opened, and a connection from before answers."""
        self.begin(counting("a"))
        client = self.node.connect()
        self.assertIn(b"Asked", self.find("a", client))
        ports = list(self.node.reactor.ports)
        later = "[node]\nlisten = 'tcp:9999:interface=127.0.0.1'\nname = 'other'\n" + counting("b")
        done = self.reload(later)
        self.assertEqual(done["later"], ["node.name", "node.listen"])
        self.assertEqual(self.node.reactor.ports, ports)
        self.assertTrue(all(port.isOpen for port in ports))
        self.assertIn(b"Asked", self.find("b", client))
        self.assertFalse(client.transport.disconnecting)
        self.assertEqual(self.node.service.control.name, "index-8480")

    def test_later(self) -> None:
        """What waits for the next start is named at each reload, until the file says what runs again."""
        text = (
            "[limits]\nconnections = 7\n[store]\nengine = 'memory'\n[registry]\nmax_lifetime = '9d'\n"
            "[notify]\nmax_lifetime = '9d'\n[connect]\nallow = ['10.0.0.0/8']\n"
            "[factory.holder]\nclass = 'ServiceDataHolder'\n[sde.'{urn:e}S']\nmutability = 'mutable'\n"
            + counting("a")
        )
        self.begin(counting("a"))
        later = [
            "connect.allow",
            "limits.connections",
            "notify.max_lifetime",
            "registry.max_lifetime",
            "store.engine",
            "factory.holder",
            'sde."{urn:e}S"',
        ]
        for _ in range(2):
            self.assertEqual(self.reload(text), {"later": later})
        self.assertEqual(self.counts()["later"], ", ".join(later))
        self.assertEqual(self.reload(counting("a")), {})
        self.assertEqual(self.counts()["later"], "")

    def test_bad(self) -> None:
        """A bad configuration of whatever kind changes nothing; all its mistakes are told."""
        good = counting("a") + counting("b")
        self.begin(good)
        self.wait(3)
        before = self.rows()
        bad = {
            "no TOML": ("[providers", "vo.toml:1:11: "),
            "a section": ("[provider.a]\n", 'unknown section "provider"'),
            "a key": (
                good + "intervall = 3\n",
                'unknown key "intervall"; did you mean "interval"?',
            ),
            "a value": (counting("a").replace("10s", "soon"), "providers.a.interval"),
            "a pair of keys": (good + "command = ['/bin/true']\n", "a class or a command"),
            "a module": (
                good.replace("test_reloading", "nowhere"),
                'no module "tests.nodes.nowhere"',
            ),
            "a class": (section("a", "Absent"), 'has no class "Absent"'),
            "a provider": (
                "[providers.l]\nclass = 'tests.nodes.components:NoProvide'\n",
                "missing provide()",
            ),
            "an argument": (good.replace("who =", "whom ="), "whom"),
            "a constructor": (
                "[providers.m]\nclass = 'tests.nodes.components:Moody'\n",
                "level 0 is not",
            ),
            "a module that ends the process": (
                "[providers.m]\nclass = 'tests.nodes.leaves:Any'\n",
                "importing it failed: SystemExit",
            ),
            "an address": ("[node]\nlisten = 'tcp:8480:interface=0.0.0.0'\n", "--insecure"),
            "a source": ("[aggregate.x]\nfrom = 'http://x:1/'\n", "is a node, not a service"),
            "a registry": ("[register.x]\nlifetime = '1s'\n", "no registry is named; write at ="),
        }
        for number, (what, (text, words)) in enumerate(bad.items(), 1):
            done = self.reload(text)
            self.assertEqual(list(done), ["mistakes"], what)
            self.assertIn(words, " ".join(done["mistakes"]), what)
            self.assertEqual(self.rows(), before, what)
            counts = self.counts()
            self.assertEqual((counts["bad"], counts["outcome"]), (number, "bad"), what)
        self.assertEqual(Counting.asked, {"a": 1, "b": 1})
        self.wait(7)
        self.assertEqual(Counting.asked, {"a": 2, "b": 2})
        self.assertEqual(self.reload(good + "# better\n"), {})

    def test_mistakes(self) -> None:
        """They are the lines a start would say."""
        self.begin(counting("a"))
        done = self.reload("[limits]\nmax_bdy = 1\nmax_answer = 'x'\n")
        self.assertEqual(
            [line.partition(";")[0] for line in done["mistakes"]],
            [
                'vo.toml:2:1: limits: unknown key "max_bdy"',
                'vo.toml:3:14: limits.max_answer: "x" is not a size',
            ],
        )

    def test_counts(self) -> None:
        """Reloads are counted, and when the last and the last good one was is kept."""
        self.begin(counting("a"))
        self.assertEqual(
            self.counts(),
            {"good": 0, "bad": 0, "outcome": "", "last": "", "lastGood": "", "later": ""},
        )
        self.wait(1)
        self.reload(counting("b"))
        self.wait(1)
        self.reload("[")
        self.assertEqual(
            self.counts(),
            {
                "good": 1,
                "bad": 1,
                "outcome": "bad",
                "last": "2023-11-14T22:13:22Z",
                "lastGood": "2023-11-14T22:13:21Z",
                "later": "",
            },
        )

    def test_busy(self) -> None:
        """One at a time; one that is asked for by a signal meanwhile comes after it."""
        self.begin(section("s", "Stubborn"))
        first = self.reloading(counting("a"))
        self.failureResultOf(self.reloading(counting("b")), Busy)
        for _ in range(3):
            self.node.service.control.reloader.soon()
        self.wait(6)
        self.assertEqual(self.successResultOf(first)["changed"][-1], "providers.a added")
        self.assertEqual(list(self.rows()), ["b"])
        self.assertEqual(self.counts()["good"], 2)

    def test_starting(self) -> None:
        """A signal that comes before the node serves is heard when it does; a request is refused until then."""
        node = self.node = MemoryNode(counting("a"), Path(self.mktemp()).absolute())
        self.addCleanup(self.end)
        node.service.control.reloader.soon()
        self.failureResultOf(self.reloading(counting("b")), Busy)
        self.assertEqual(list(self.rows()), [])
        node.configuration = counting("c")
        node.service.startService()
        self.assertEqual(list(self.rows()), ["c"])

    def test_reading(self) -> None:
        """While the file is read the node serves as before, and another reload is refused at once."""
        self.begin(counting("a"))
        read: Deferred[None] = Deferred()
        self.readAfter(read)
        first = self.reloading(counting("b"))
        self.failureResultOf(self.reloading(counting("c")), Busy)
        self.wait(11)
        self.assertEqual((list(self.rows()), Counting.asked), (["a"], {"a": 2}))
        self.assertIn(b">2</", self.find("a"))
        self.assertNoResult(first)
        read.callback(None)
        self.node.reactor.advance(0)
        self.assertEqual(
            self.successResultOf(first)["changed"], ["providers.a removed", "providers.c added"]
        )

    def test_stoppedReading(self) -> None:
        """A node that stops while the file is read does not wait for that, and begins nothing of it."""
        self.begin(counting("a"))
        read: Deferred[None] = Deferred()
        self.readAfter(read)
        done = self.reloading(counting("b"))
        self.successResultOf(self.node.service.stopService())
        self.failureResultOf(done, Busy)
        self.assertTrue(read.called)
        self.assertEqual(Counting.asked, {"a": 1})

    def test_noProviders(self) -> None:
        """A node that runs no providers says so of those in its file."""
        self.node = MemoryNode("", Path(self.mktemp()).absolute(), REGISTRY)
        self.node.service.startService()
        self.addCleanup(self.end)
        (line,) = self.reload(counting("a"))["mistakes"]
        self.assertIn("a gma-registry runs no providers", line)

    def test_emptied(self) -> None:
        """An empty file takes nothing away: an editor may just be about to write it."""
        for text in (
            counting("a"),
            "[register.vo]\nat = 'http://vo/services/registry'\n",
            "[aggregate.vo]\nfrom = 'http://vo/services/index'\nnames = '{urn:a}b'\n",
            "[access]\nanonymous = 'read'\n",
            "[limits]\nmax_body = '70KiB'\n",
        ):
            self.begin(text)
            before = self.rows()
            for empty in ("", "\n", " \n\n\t"):
                (line,) = self.reload(empty)["mistakes"]
                self.assertEqual(
                    line,
                    "vo.toml: is empty, and the node was told something by it; "
                    "write a line with a comment into it, # nothing, if nothing at all is meant",
                )
            self.assertEqual(self.rows(), before)
            self.assertEqual((self.counts()["bad"], self.counts()["outcome"]), (3, "bad"))
            self.assertEqual(self.reload(text), {})
            self.end()

    def test_nothingMeant(self) -> None:
        """A comment says that nothing is meant."""
        self.begin(counting("a"))
        done = {"changed": ["providers.a removed", "providers.system added"]}
        self.assertEqual(self.reload("# nothing\n"), done)
        self.assertEqual(list(self.rows()), ["system"])
        # There is nothing left to be lost.
        self.assertEqual(self.reload(""), {})

    def test_emptyFromTheStart(self) -> None:
        """A node can be started with an empty file, and told things later."""
        self.begin("")
        self.assertEqual(self.reload(""), {})
        self.assertIn("changed", self.reload(counting("a")))
        self.assertIn("mistakes", self.reload(""))

    def test_stoppedSoon(self) -> None:
        """So does one that was told to read it by a signal; nothing fails in its log."""
        self.begin(counting("a"))
        self.readAfter(Deferred())
        self.node.service.control.reloader.soon()
        self.successResultOf(self.node.service.stopService())
        self.assertEqual(self.flushLoggedErrors(), [])

    def test_defect(self) -> None:
        """A defect ends the reload, and is in the log; the next one is not hindered."""
        self.begin(counting("a"))
        reloader = self.node.service.control.reloader
        reread = reloader.reread

        def broken(known: Known, turns: Turns) -> Ready[Plan]:
            raise ZeroDivisionError

        reloader.reread = broken
        self.failureResultOf(self.reloading(counting("b")), ServiceError)
        self.assertEqual(len(self.flushLoggedErrors(ZeroDivisionError)), 1)
        reloader.reread = reread
        self.assertIn("changed", self.reload(counting("b")))

    def readAfter(self, read: "Deferred[None]") -> None:
        """Let the file be read when something has happened."""
        reloader = self.node.service.control.reloader
        reread = reloader.reread
        assert reread is not None

        async def late(known: Known, turns: Turns) -> Plan:
            await read
            return await reread(known, turns)

        reloader.reread = late

    def test_turns(self) -> None:
        """What differs is applied in many turns when it is much; nothing is lost or done twice."""
        names = [f"p{number}" for number in range(60)]
        self.begin("".join(map(counting, names)))
        self.wait(3)
        Counting.asked.clear()
        # From now on time passes whenever somebody asks for it: what is asked for now is due at once.
        seconds = self.node.reactor.seconds
        self.node.reactor.seconds = lambda: self.later(seconds)  # type: ignore[method-assign]
        text = "".join(counting(name, "timeout = '3s'") for name in (*names[20:], "new"))
        done = self.reloading(text)
        turns = 0
        while not done.called:
            before = sum(Counting.asked.values())
            call = self.node.reactor.calls.pop(0)
            call.called = 1
            call.func(*call.args, **call.kw)
            turns += 1
            self.assertLess(sum(Counting.asked.values()) - before, 10)
        del self.node.reactor.seconds
        self.assertGreater(turns, 20)
        self.assertEqual(
            Counter(line.split()[-1] for line in self.successResultOf(done)["changed"]),
            {"changed": 40, "removed": 20, "added": 1},
        )
        self.assertEqual(list(self.rows()), [*names[20:], "new"])
        self.assertEqual(set(Counting.asked.values()), {1})
        self.assertEqual(len(Counting.asked), 41)

    def later(self, seconds: Callable[[], float]) -> float:
        """A bit later than before."""
        self.node.reactor.rightNow += SLICE / 40
        return seconds()

    def test_untouched(self) -> None:
        """A provider that is as it was is not even made again."""
        self.begin(section("a", "Once") + section("b", "Once"))
        self.addCleanup(Once.made.clear)
        self.assertEqual(len(Once.made), 2)
        self.assertEqual(
            self.reload(section("a", "Once") + section("b", "Once", "timeout = '3s'")),
            {"changed": ["providers.b changed"]},
        )
        self.assertEqual(len(Once.made), 3)

    def test_gone(self) -> None:
        """It goes on when who asked for it does not wait any longer."""
        self.begin(section("s", "Stubborn"))
        done = self.reloading(counting("a"))
        done.cancel()
        self.failureResultOf(done, CancelledError)
        self.wait(6)
        self.assertEqual(list(self.rows()), ["a"])

    def test_noFile(self) -> None:
        """Without a file there is nothing to read, and a client's wish to have it read again is no error."""
        clock = NodeClock(MemoryReactor())
        reloader = Reloader(clock, planOf(""), None)
        done = self.successResultOf(toDeferred(reloader.reload()))
        self.assertIn("without a configuration file", done.mistakes[0])
        self.assertEqual(reloader.counts()["bad"], 0)
        reloader.soon()
        self.successResultOf(toDeferred(reloader.rescan(Caller("anonymous", "10.0.0.9"))))

    def test_rescan(self) -> None:
        """enumProviders(true) reads it again, for callers on this machine."""
        self.begin(counting("a"))
        reloader = self.node.service.control.reloader
        self.node.configuration = counting("b")
        for peer in ("10.0.0.9", "::ffff:10.0.0.9", "2001:db8::1", "somewhere"):
            asked = toDeferred(reloader.rescan(Caller("anonymous", peer)))
            self.failureResultOf(asked, Refused)
        self.assertEqual(list(self.rows()), ["a"])
        for peer in ("127.0.0.1", "::1", "::ffff:127.0.0.1", "UNIXAddress(None)", ""):
            self.successResultOf(toDeferred(reloader.rescan(Caller("anonymous", peer))))
        self.assertEqual(list(self.rows()), ["b"])
        self.node.configuration = "["
        self.failureResultOf(toDeferred(reloader.rescan(HERE)), Mistakes)

    def test_enumProviders(self) -> None:
        """A client is told the new providers, and of mistakes by a fault."""
        self.begin(counting("a"))
        self.node.configuration = counting("b")
        self.assertNotIn(b">b<", self.enumerated("false"))
        self.assertIn(b">b<", self.enumerated("true"))
        self.node.configuration = "["
        answer = self.enumerated("true")
        self.assertIn(b"HTTP/1.1 500", answer)
        self.assertIn(b"vo.toml:1:", answer)

    def enumerated(self, rescan: str) -> bytes:
        """Ask as a client of GT3 does."""
        body = (
            '<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/"><e:Body><p:enumProviders '
            f'xmlns:p="{PX}">'
            f"<p:rescanConfig>{rescan}</p:rescanConfig></p:enumProviders></e:Body></e:Envelope>"
        )
        head = (
            "POST /services/index HTTP/1.1\r\nHost: localhost\r\nContent-Type: text/xml\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        return self.node.connect().ask((head + body).encode())


class GridTests(GridCase):
    """Sources and registries of a node among others."""

    def setUp(self) -> None:
        """Nothing was asked."""
        super().setUp()
        Counting.asked.clear()

    def reload(self, node: MemoryNode, text: str) -> Mapping[str, Sequence[str]]:
        """What comes of another configuration; what is empty is left out."""
        node.configuration = text
        done = self.result(node.service.control.reload())
        self.reactor.pump([0.1] * 20)
        return {name: lines for name, lines in done.items() if lines}

    def test_memberships(self) -> None:
        """Those that are gone are unregistered, new ones registered, those that differ both; the others are let be."""
        registry = self.start(name="registry")
        one = "[register.one]\nat = 'http://127.0.0.1:8481/services/registry'\n"
        two = one.replace("one", "two") + "services = '/services/container'\n"
        node = self.start(counting("a") + one, kind=INDEX, name="index")
        self.reactor.pump([0.1] * 5)
        (kept,) = node.service.control.memberships()
        self.assertEqual(
            self.reload(node, counting("a") + one + two), {"changed": ["register.two added"]}
        )
        self.assertEqual(registry.service.control.registry()["entries"], 2)
        self.assertEqual(node.service.control.memberships()[0]["entry"], kept["entry"])
        changed = two + "lifetime = '77s'\n"
        self.assertEqual(
            self.reload(node, counting("a") + changed),
            {"changed": ["register.one removed", "register.two changed"]},
        )
        (left,) = node.service.control.memberships()
        self.assertEqual(left["state"], "registered")
        self.assertTrue(left["service"].endswith("/services/container"))
        self.assertEqual(registry.service.control.registry()["entries"], 1)
        self.assertEqual(self.reload(node, counting("a")), {"changed": ["register.two removed"]})
        self.assertEqual(registry.service.control.registry()["entries"], 0)

    def test_twice(self) -> None:
        """Of two that register the same, the last one counts: with it gone, the other one does."""
        self.start(name="registry")
        one = "[register.one]\nat = 'http://127.0.0.1:8481/services/registry'\nname = 'one'\n"
        two = one.replace("one", "two")
        node = self.start(counting("a") + one + two, kind=INDEX, name="index")
        self.reactor.pump([0.1] * 5)
        self.assertIn(b"two", self.entries()[0])
        self.assertEqual(
            self.reload(node, counting("a") + one),
            {"changed": ["register.two removed", "register.one added"]},
        )
        (entry,) = self.entries()
        self.assertIn(b"one", entry)

    def test_sources(self) -> None:
        """Sources come and go; one that is as it was is not asked anew, and values stay."""
        self.start(counting("a") + counting("b"), kind=INDEX, name="site")
        other = "[aggregate.{}]\nfrom = 'http://127.0.0.1:8480/services/index'\nnames = ['{{urn:example}}{}']\n"
        vo = self.start(other.format("one", "a"), kind=AGGREGATOR_NODE, name="vo", host="127.0.0.1")
        self.reactor.pump([0.1] * 20)
        self.assertEqual(self.states(vo), {"one": "live"})
        last = vo.service.control.sources()[0]["lastNotice"]
        text = other.format("one", "a") + other.format("two", "b")
        self.assertEqual(self.reload(vo, text), {"changed": ["aggregate.two added"]})
        self.assertEqual(self.states(vo), {"one": "live", "two": "live"})
        self.assertEqual(vo.service.control.sources()[0]["lastNotice"], last)
        count = vo.service.control.elementCount()
        self.assertEqual(
            self.reload(vo, other.format("two", "b") + "interval = '3s'\n"),
            {"changed": ["aggregate.one removed", "aggregate.two changed"]},
        )
        self.assertEqual(self.states(vo), {"two": "live"})
        self.assertEqual(vo.service.control.elementCount(), count)

    def test_several(self) -> None:
        """A URL more in a section leaves the sources before it alone."""
        site = self.start(counting("a") + counting("b"), kind=INDEX, name="site")
        text = "[aggregate.all]\nfrom = [{}]\nnames = ['{{urn:example}}a']\n"
        urls = [f"'http://127.0.0.1:848{n}/services/index'" for n in (0, 5, 6)]
        vo = self.start(
            text.format(", ".join(urls[:2])), kind=AGGREGATOR_NODE, name="vo", host="127.0.0.1"
        )
        self.reactor.pump([0.1] * 20)
        asked = site.service.control.requests()["soap"]
        self.assertEqual(
            self.reload(vo, text.format(", ".join(urls))), {"changed": ["aggregate.all changed"]}
        )
        self.assertEqual(list(self.states(vo)), ["all/1", "all/2", "all/3"])
        self.assertEqual(self.states(vo)["all/1"], "live")
        self.assertEqual(site.service.control.requests()["soap"], asked)

    def test_partial(self) -> None:
        """What cannot begin is named with the reason, the others are applied, and the next reload tries again."""
        self.start(counting("a") + counting("b"), kind=INDEX, name="site")
        other = "[aggregate.{0}]\nfrom = 'http://127.0.0.1:8480/services/index'\nnames = ['{{urn:example}}{0}']\n"
        vo = self.start(
            "[limits]\naggregated = 1\n" + other.format("a"),
            kind=AGGREGATOR_NODE,
            name="vo",
            host="127.0.0.1",
        )
        text = "[limits]\naggregated = 2\n" + other.format("a") + other.format("b")
        register = "[register.one]\nat = 'http://127.0.0.1:8480/services/index'\n"
        for changed in (["register.one added"], []):
            done = self.reload(vo, text + register)
            self.assertEqual(done.get("changed", []), changed)
            self.assertEqual(done["later"], ["limits.aggregated"])
            (why,) = done["failed"]
            self.assertTrue(why.startswith("aggregate.b: "), why)
            self.assertIn("the bound aggregated", why)
        counts = vo.service.control.reloads()
        self.assertEqual((counts["good"], counts["bad"], counts["outcome"]), (0, 2, "partial"))
        text = "[limits]\naggregated = 1\n" + other.format("b")
        self.assertEqual(
            self.reload(vo, text)["changed"],
            ["aggregate.a removed", "aggregate.b added", "register.one removed"],
        )

    def states(self, node: MemoryNode) -> dict[str, str]:
        """Of the sources, by id."""
        return {row["id"]: row["state"] for row in node.service.control.sources()}
