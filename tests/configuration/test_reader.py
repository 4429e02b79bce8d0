"""Reading a whole configuration, and saying what is wrong with one."""

import math
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import (
    Configuration,
    Engine,
    Listen,
    MembershipRuleSection,
    Mistakes,
    ProviderSection,
    RegisterSection,
    RegistrySection,
    StoreSection,
    readConfiguration,
    readDraft,
    readFile,
)
from gma_twisted.configuration.mistakes import dotted
from gma_twisted.configuration.reader import MAX_FILE, MAX_NAMED
from gma_twisted.errors import ConfigError, cut
from gma_twisted.markup.namespaces import GMA, ogsi
from gma_twisted.model import Handle, KnownMember, QName
from tests.configuration.broken import CASES

WHOLE = r"""
[node]
name = "site-1"
role = "site index"
listen = ["tcp:8480:interface=127.0.0.1", 'tcp6:0:interface=\:\:1']
public_url = "https://grid.example.org:8443/"
state_dir = "/var/lib/gma"
insecure = true

[providers.host]
class = "mypkg.load:Load"
interval = "1.5s"
timeout = "500ms"
grace = "2m"
handler = "mypkg.load:Split"
name = "{urn:x}Load"
async = true
arguments = { path = "/home", depth = 3 }

[providers.uptime]
command = ["/usr/local/libexec/uptime-xml", "-x"]

[registry]
default_lifetime = "1m"
min_lifetime = "1s"
max_lifetime = "1h"
known_member = "refuse"
tombstones = "10m"

[[registry.membership_rules]]
member_interface = "ogsi:NotificationSource"
content = ["gma:registration", "{urn:x}facts"]

[[registry.membership_rules]]
member_interface = "{urn:x}Jobs"
content = "facts"

[store]
engine = "sqlite"
keep_service_data = true

[register.vo]
at = "https://vo.example.org:8481/services/registry"
services = ["/services/index", "/services/container"]
lifetime = "2m"
name = "site-1"
attributes = { site = "here", tier = "2" }

[register.other]
at = "http://other.example.org/registry"
services = "/services/index"

[limits]
max_body = "1KiB"
xml_depth = 8
head_timeout = "1h"
"""


class ReadTests(SynchronousTestCase):
    """What a good configuration becomes."""

    def test_empty(self) -> None:
        """An empty file is a valid configuration: the defaults."""
        configuration, _ = readConfiguration("", "vo.toml")
        self.assertEqual(configuration, Configuration())
        self.assertEqual(configuration.providers, {})
        self.assertEqual(configuration.node.listen, ())

    def test_node(self) -> None:
        """Every key of [node] arrives."""
        node = readConfiguration(WHOLE, "vo.toml")[0].node
        self.assertEqual(node.name, "site-1")
        self.assertEqual(node.role, "site index")
        self.assertEqual(
            node.listen,
            (
                Listen("tcp:8480:interface=127.0.0.1", "tcp", 8480, "127.0.0.1"),
                Listen(r"tcp6:0:interface=\:\:1", "tcp6", 0, "::1"),
            ),
        )
        self.assertEqual(node.publicUrl, "https://grid.example.org:8443")
        self.assertEqual(node.stateDir, "/var/lib/gma")
        self.assertTrue(node.insecure)

    def test_provider(self) -> None:
        """Every key of [providers.NAME] arrives, durations in seconds."""
        self.assertEqual(
            readConfiguration(WHOLE, "vo.toml")[0].providers["host"],
            ProviderSection(
                implementation="mypkg.load:Load",
                interval=1.5,
                timeout=0.5,
                grace=120.0,
                handler="mypkg.load:Split",
                serviceDataName=QName("urn:x", "Load"),
                isAsync=True,
                arguments={"path": "/home", "depth": 3},
            ),
        )

    def test_command(self) -> None:
        """A provider may be a program; without an interval it is installed only."""
        provider = readConfiguration(WHOLE, "vo.toml")[0].providers["uptime"]
        self.assertEqual(provider.command, ("/usr/local/libexec/uptime-xml", "-x"))
        self.assertIsNone(provider.interval)

    def test_onceAtStart(self) -> None:
        """An interval of nothing is not the same as none."""
        text = "[providers.a]\nclass = 'm:C'\ninterval = '0s'"
        self.assertEqual(readConfiguration(text, "x")[0].providers["a"].interval, 0.0)

    def test_registry(self) -> None:
        """Every key of [registry] arrives."""
        self.assertEqual(
            readConfiguration(WHOLE, "vo.toml")[0].registry,
            RegistrySection(
                60.0,
                1.0,
                3600.0,
                KnownMember.REFUSE,
                600.0,
                (
                    MembershipRuleSection(
                        ogsi("NotificationSource"),
                        (QName(GMA, "registration"), QName("urn:x", "facts")),
                    ),
                    MembershipRuleSection(QName("urn:x", "Jobs"), (QName("", "facts"),)),
                ),
            ),
        )

    def test_oneRule(self) -> None:
        """A single rule of [registry] needs no array."""
        rule = MembershipRuleSection(ogsi("GridService"))
        for text in (
            "[registry.membership_rules]\nmember_interface = 'ogsi:GridService'",
            "registry.membership_rules = { member_interface = ' ogsi:GridService ' }",
        ):
            self.assertEqual(readConfiguration(text, "x")[0].registry.membershipRules, (rule,))

    def test_store(self) -> None:
        """Every key of [store] arrives."""
        self.assertEqual(
            readConfiguration(WHOLE, "vo.toml")[0].store, StoreSection(Engine.SQLITE, True)
        )

    def test_register(self) -> None:
        """Every key of [register.NAME] arrives; one service needs no array."""
        register = readConfiguration(WHOLE, "vo.toml")[0].register
        self.assertEqual(
            register["vo"],
            RegisterSection(
                Handle("https://vo.example.org:8481/services/registry"),
                ("/services/index", "/services/container"),
                120.0,
                "site-1",
                (("site", "here"), ("tier", "2")),
            ),
        )
        self.assertEqual(
            register["other"],
            RegisterSection(Handle("http://other.example.org/registry"), ("/services/index",)),
        )

    def test_bareDirectory(self) -> None:
        """A GMA directory is found at its node: nobody has to write its path."""
        text = "[register.vo]\nat = 'http://h:8481/'\ngma = true\n"
        self.assertTrue(readConfiguration(text, "x")[0].register["vo"].isDirectory)

    def test_limits(self) -> None:
        """A bound that is given replaces its default, by the engine's own name."""
        limits = readConfiguration(WHOLE, "vo.toml")[0].limits
        self.assertEqual(limits.of("gate")["body"], 1024)
        self.assertEqual(limits.of("gate")["headSeconds"], 3600.0)
        self.assertEqual(limits.of("gate")["head"], 16384)
        self.assertEqual(limits.of("xml")["depth"], 8)

    def test_windowsLineEnds(self) -> None:
        """A file written on Windows is read the same."""
        text = WHOLE.replace("\n", "\r\n")
        self.assertEqual(readConfiguration(text, "x")[0], readConfiguration(WHOLE, "x")[0])


class BrokenTests(SynchronousTestCase):
    """Every mistake is one line with file, line, column and key."""

    def test_cases(self) -> None:
        """Each broken configuration of the table is refused with exactly its lines."""
        for text, lines in CASES:
            with self.subTest(text[:100]):
                error = self.assertRaises(Mistakes, readConfiguration, text, "vo.toml")
                self.assertEqual(list(error.lines), lines)

    def test_enough(self) -> None:
        """The table has far more than sixty different mistakes."""
        self.assertGreaterEqual(len({line for _, lines in CASES for line in lines}), 120)

    def test_cures(self) -> None:
        """Each line of it names its key, and ends with what to do."""
        for text, lines in CASES:
            try:
                draft = readDraft(text, "vo.toml")
            except Mistakes:
                continue  # no TOML: there are no keys
            told = sorted(draft.mistakes, key=draft.source.line)
            for mistake, line in zip(told, sorted(lines), strict=True):
                self.assertTrue(line.endswith(f"; {mistake.cure}"), line)
                for part in mistake.path:
                    self.assertIn(dotted((part,)) if isinstance(part, int) else cut(part), line)

    def test_all(self) -> None:
        """Every mistake is told, in the order of the file, and then how many there are."""
        text = "[providers.b]\nclass = 'm:C'\nwait = 1\n[node]\nname = 1\n[x]\n"
        error = self.assertRaises(Mistakes, readConfiguration, text, "vo.toml")
        first, second, third, last = error.message.split("\n")
        self.assertTrue(first.startswith("vo.toml:3:1: providers.b: unknown key"), first)
        self.assertTrue(second.startswith("vo.toml:5:8: node.name: 1 is not"), second)
        self.assertTrue(third.startswith('vo.toml:6:2: unknown section "x"'), third)
        self.assertEqual(last, "3 errors")

    def test_one(self) -> None:
        """One mistake is one line, nothing is counted."""
        error = self.assertRaises(Mistakes, readConfiguration, "a =", "x")
        self.assertEqual(
            error.message,
            'x:1:4: Invalid value; write a number, true, false, or a text in quotes, "x"',
        )

    def test_tooManyProviders(self) -> None:
        """More sections of one kind than a node may have are refused by name of the bound."""
        text = "\n".join(f"[providers.p{n}]" for n in range(MAX_NAMED + 1))
        error = self.assertRaises(Mistakes, readConfiguration, text, "x")
        self.assertEqual(
            list(error.lines),
            [
                "x:1:2: providers: 1001 sections are more than 1000; leave some of them to another node"
            ],
        )

    @settings(max_examples=100)
    @given(st.text(max_size=60))
    def test_anyText(self, text: str) -> None:
        """Whatever the file holds, it is a configuration or it is refused in lines that name the file."""
        try:
            readConfiguration(text, "vo.toml")
        except Mistakes as error:
            for line in error.lines:
                self.assertTrue(line.startswith("vo.toml:"), line)
                self.assertNotIn("\n", line)


class FileTests(SynchronousTestCase):
    """Files that cannot be read."""

    def file(self, data: bytes) -> str:
        """Write a file. @return: its name"""
        path = Path(self.mktemp())
        path.write_bytes(data)
        return str(path)

    def test_read(self) -> None:
        """A file is read, and its name stands in what is said of its keys."""
        name = self.file(b"[node]\nname = 'x'\n")
        configuration, source = readFile(name).checked()
        self.assertEqual(configuration.node.name, "x")
        self.assertEqual(source.where(("node", "name")), f"{name}:2:8: node.name")

    def test_missing(self) -> None:
        """A file that is not there is named."""
        error = self.assertRaises(ConfigError, readFile, "/nowhere/vo.toml")
        self.assertEqual(
            error.message,
            "/nowhere/vo.toml: cannot be read: No such file or directory; name a file that can be read",
        )

    def test_directory(self) -> None:
        """A directory is no configuration."""
        error = self.assertRaises(ConfigError, readFile, "/")
        self.assertEqual(error.message, "/: is no file; name a file that can be read")

    def test_tooLarge(self) -> None:
        """A file beyond the bound is not read."""
        name = self.file(b"#" * (MAX_FILE + 1))
        error = self.assertRaises(ConfigError, readFile, name)
        self.assertEqual(
            error.message, f"{name}: is larger than 1024 KiB; leave some of it to another node"
        )

    def test_notUTF8(self) -> None:
        """Bytes that are no UTF-8 are placed."""
        name = self.file(b"[node]\nname = '\xff'\n")
        error = self.assertRaises(Mistakes, readFile, name)
        self.assertEqual(list(error.lines), [f"{name}:2:9: is not UTF-8; save the file as UTF-8"])


class WhereTests(SynchronousTestCase):
    """Where a key is said to stand."""

    def test_absent(self) -> None:
        """A key that is not in the file stands where its section does."""
        _, source = readConfiguration("\n[node]\n", "x")
        self.assertEqual(source.where(("node", "listen")), "x:2:2: node.listen")

    def test_noFile(self) -> None:
        """Without a file only the key is named."""
        _, source = readConfiguration("", "")
        self.assertEqual(source.where(("node", "listen")), "node.listen")

    def test_arrayMember(self) -> None:
        """A member of an array has a place of its own."""
        _, source = readConfiguration("node.listen = ['tcp:0', 'tcp:1']", "x")
        self.assertEqual(source.where(("node", "listen", 1)), "x:1:25: node.listen[1]")

    def test_oddName(self) -> None:
        """A name that needs quotes in TOML has them in the message."""
        _, source = readConfiguration("[providers.'a.b']\nclass = 'm:C'", "x")
        self.assertEqual(
            source.where(("providers", "a.b", "class")), 'x:2:9: providers."a.b".class'
        )


class DefaultTests(SynchronousTestCase):
    """Defaults of the declarations."""

    def test_finite(self) -> None:
        """Every bound is there and finite: nothing is unlimited by default."""
        limits = Configuration().limits
        for engine in ("gate", "exchange", "xml", "store", "registry", "query", "pool", "stop"):
            bounds = limits.of(engine)
            self.assertTrue(bounds, engine)
            for name, bound in bounds.items():
                self.assertTrue(0 < bound < math.inf, name)
