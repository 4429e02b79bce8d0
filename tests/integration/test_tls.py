"""Nodes that speak TLS: real processes and sockets, OpenSSL, sslscan, zeep, and docs/tls.md word by word."""

import math
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Mapping
from functools import partial
from http.client import HTTPSConnection
from pathlib import Path

import requests
from lxml import etree
from twisted.trial.unittest import SkipTest
from zeep import Client
from zeep.transports import Transport

from gma_twisted.configuration import Clients, TLSSection, readConfiguration
from gma_twisted.configuration.declaration import keys
from tests.integration.commandcase import CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks
from tests.security.certificates import DAY, NOW, authority

PAGE = "docs/tls.md"
_SECONDS = 40.0


class TLSCase(CommandCase):
    """An authority, and nodes of it."""

    def setUp(self) -> None:
        """A directory with the authority."""
        super().setUp()
        self.tls = self.home / "tls"
        self.authority = authority(self.tls, "site-a", "client-x")

    def configured(self, more: str = "", clients: str = "required", name: str = "site-a") -> Path:
        """The configuration of a node on a free port."""
        path = self.home / f"{name}.toml"
        path.write_text(
            f'[node]\nlisten = "ssl:0:interface=127.0.0.1"\nstate_dir = "{self.home}/{name}-state"\n'
            f'[tls]\ncertificate = "tls/{name}.pem"\nkey = "tls/{name}.key"\n'
            f'authorities = "tls/ca.pem"\nclients = "{clients}"\n{more}'
        )
        return path

    def serve(self, path: Path, reactor: str = "epoll") -> int:
        """Start a node. @return: its port"""
        self.node = Node(self.home, self.addCleanup, "-c", str(path), reactor=reactor)
        return int(self.node.waitFor(r"status page +https://\S+:(\d+)/$"))

    def context(self, name: str = "client-x", directory: str = "tls") -> ssl.SSLContext:
        """What a client connects with."""
        context = ssl.create_default_context(cafile=str(self.tls / "ca.pem"))
        if name:
            files = (self.home / directory / f"{name}.pem", self.home / directory / f"{name}.key")
            context.load_cert_chain(*files)
        return context

    def opened(
        self, port: int, context: ssl.SSLContext, host: str = "localhost"
    ) -> HTTPSConnection:
        """A connection that has been answered."""
        connection = HTTPSConnection(host, port, timeout=_SECONDS, context=context)
        self.addCleanup(connection.close)
        self.assertEqual(self.status(connection), 200)
        return connection

    def status(self, connection: HTTPSConnection) -> int:
        """Ask for a page."""
        connection.request("GET", "/-/healthy")
        answer = connection.getresponse()
        answer.read()
        return answer.status

    def refusal(self, port: int, context: ssl.SSLContext, host: str = "localhost") -> str:
        """Why there is no answer: the alert, or the end of the connection."""
        error = self.assertRaises(OSError, self.opened, port, context, host)
        return (getattr(error, "reason", None) or type(error).__name__).upper()

    def reloaded(self, line: str) -> None:
        """Have the node read everything again, and wait for what it makes of it."""
        before = len(self.node.lines)
        self.node.process.send_signal(signal.SIGHUP)
        poll(lambda: [one for one in self.node.lines[before:] if line in one], bool)


class ClientsTests(TLSCase):
    """Who is let in."""

    def test_refused(self) -> None:
        """Nobody without a certificate, of another authority, one that has ended, or was revoked."""
        authority(self.tls, "client-old", at=NOW - 3 * DAY, days=1)
        authority(self.tls, "client-gone")
        authority(self.home / "other", "client-m")
        self.authority.revoke("client-gone", 30)
        port = self.serve(self.configured('revoked = "tls/revoked.pem"\n'))
        self.opened(port, self.context())
        for name, directory, alert in (
            ("", "tls", "CERTIFICATE_REQUIRED"),
            ("client-m", "other", "UNKNOWN_CA"),
            ("client-old", "tls", "CERTIFICATE_EXPIRED"),
            ("client-gone", "tls", "CERTIFICATE_REVOKED"),
        ):
            self.assertIn(alert, self.refusal(port, self.context(name, directory)))
        self.node.waitFor(
            r"127\.0\.0\.1 was turned away: its certificate was revoked: CN=client-gone"
        )
        # Who showed nothing is no line.
        told = (self.home / "site-a-state" / "audit.jsonl").read_text()
        self.assertEqual(told.count('"handshake"'), 3, told)
        for why in ("was revoked: CN=client-gone", "has ended: CN=client-old", "CN=client-m"):
            self.assertIn(why, told)

    def test_optional(self) -> None:
        """Where none is required a browser gets a page; who shows a bad one is turned away."""
        authority(self.home / "other", "client-m")
        port = self.serve(self.configured(clients="optional"))
        self.opened(port, self.context(""))
        self.assertIn("UNKNOWN_CA", self.refusal(port, self.context("client-m", "other")))

    def test_plain(self) -> None:
        """Who speaks no TLS gets no answer, and the node goes on."""
        port = self.serve(self.configured())
        with socket.create_connection(("127.0.0.1", port), _SECONDS) as plain:
            plain.sendall(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n")
            try:
                said = plain.recv(100)
            except ConnectionResetError:
                said = b""
            self.assertNotIn(b"HTTP", said)
        self.opened(port, self.context())

    def test_crowd(self) -> None:
        """Above the cap the refusal comes through TLS; who connects and says nothing is cut off."""
        limits = '[limits]\nconnections_per_address = 2\nhead_timeout = "2s"\n'
        port = self.serve(self.configured(limits, clients="none"))
        silent = socket.create_connection(("127.0.0.1", port), _SECONDS)
        self.addCleanup(silent.close)
        context = self.context("")
        self.opened(port, context)
        third = HTTPSConnection("localhost", port, timeout=_SECONDS, context=context)
        self.addCleanup(third.close)
        self.assertEqual(self.status(third), 503)
        self.assertRaises(ConnectionResetError, silent.recv, 1)
        self.opened(port, context)

    def test_handshakes(self) -> None:
        """Who begins too many handshakes is cut off before they cost anything, and soon let in again."""
        limits = "[limits]\nconnections_per_address = 3\nhandshakes = 2\n"
        port = self.serve(self.configured(limits, clients="none"))
        context = self.context("")
        began = time.monotonic()
        cut = opened = 0
        while (cut < 6 or opened < 6) and time.monotonic() < began + 10.0:
            connection = HTTPSConnection("localhost", port, timeout=_SECONDS, context=context)
            try:
                opened += self.status(connection) == 200
            except OSError:
                cut += 1
                time.sleep(0.05)
            connection.close()
        self.assertGreater(cut, 5)
        # Five at once, and two a second.
        self.assertIn(opened, range(6, 6 + 2 * math.ceil(time.monotonic() - began)))

    def test_asyncio(self) -> None:
        """On the reactor of asyncio it is the same, and on IPv6."""
        if not socket.has_ipv6:
            raise SkipTest("there is no IPv6")
        path = self.configured()
        path.write_text(path.read_text().replace("127.0.0.1", r"\\:\\:1"))
        self.node = Node(self.home, self.addCleanup, "-c", str(path), reactor="asyncio")
        port = int(self.node.waitFor(r"status page +https://\[::1\]:(\d+)/$"))
        self.opened(port, self.context(), "::1")
        self.assertIn("CERTIFICATE_REQUIRED", self.refusal(port, self.context(""), "::1"))


class ReloadTests(TLSCase):
    """New files without a restart."""

    def test_reload(self) -> None:
        """The next connection has new certificates, authorities and lists; open ones end; bad files change nothing."""
        path = self.configured()
        port = self.serve(path)
        first = self.opened(port, self.context())
        old = self.shown(first)

        # Another certificate under the same names.
        for one in self.authority.files("site-a"):
            one.unlink()
        authority(self.tls, "site-a")
        self.reloaded("reloaded: tls changed")
        second = self.opened(port, self.context())
        self.assertNotEqual(self.shown(second), old)
        self.assertTrue(self.isEnded(first))

        # Another authority beside the first.
        other = authority(self.home / "other", "client-m")
        self.assertIn("UNKNOWN_CA", self.refusal(port, self.context("client-m", "other")))
        (self.tls / "ca.pem").write_bytes(
            (self.tls / "ca.pem").read_bytes() + other.certificate.read_bytes()
        )
        self.reloaded("reloaded: tls changed")
        third = self.opened(port, self.context("client-m", "other"))

        # A list.
        self.authority.revoke("client-x", 30)
        path.write_text(path.read_text() + 'revoked = "tls/revoked.pem"\n')
        self.reloaded("reloaded: tls changed")
        self.assertIn("CERTIFICATE_REVOKED", self.refusal(port, self.context()))
        self.assertEqual([self.isEnded(one) for one in (second, third)], [True, True])
        fourth = self.opened(port, self.context("client-m", "other"))

        # A file that is none.
        good = (self.tls / "site-a.pem").read_bytes()
        (self.tls / "site-a.pem").write_text("junk")
        self.reloaded("not reloaded, nothing was changed")
        self.opened(port, self.context("client-m", "other"))
        (self.tls / "site-a.pem").write_bytes(good)
        self.reloaded("reloaded: nothing differs")

        self.assertEqual(self.status(fourth), 200)

    def isEnded(self, connection: HTTPSConnection) -> bool:
        """Whether nobody answers on it any more."""
        try:
            self.status(connection)
        except OSError:
            return True
        return False

    def shown(self, connection: HTTPSConnection) -> bytes:
        """The node's certificate."""
        connected = connection.sock
        assert isinstance(connected, ssl.SSLSocket)
        return connected.getpeercert(binary_form=True) or b""


class NamedTests(TLSCase):
    """Whom a node shows its certificate."""

    def test_named(self) -> None:
        """Who has a node copy from another does not get what that one lets the node read, unless it is named."""
        authority(self.tls, "site-b")
        source = self.serve(self.configured(name="site-b"))
        url = f"https://localhost:{source}/services/index"
        path = self.configured(clients="none", more='[connect]\nallow = "127.0.0.0/8"\n')
        base = f"https://localhost:{self.serve(path)}"
        words = ("register", base, url, "--content-names", "glue:Host")
        ended = self.gma(*words, GMA_CA="tls/ca.pem")
        self.assertEqual(ended.returncode, 0, ended.stderr)

        def told() -> str:
            return self.gma("status", base, GMA_CA="tls/ca.pem").stdout

        poll(told, lambda said: "it wants a certificate" in said)
        named = f'[aggregate.site-b]\nfrom = "{url}"\nnames = ["glue:Site"]\n'
        path.write_text(path.read_text() + named)
        self.reloaded("aggregate.site-b added")
        poll(told, lambda said: re.search(r"(?m) live +1 ", said) is not None)


class ForeignTests(TLSCase):
    """Clients and scanners of others."""

    def tool(self, name: str) -> str:
        """Where it is."""
        found = shutil.which(name)
        if found is None:
            raise SkipTest(f"{name} is not installed")
        return found

    def test_zeep(self) -> None:
        """zeep calls over TLS, with a certificate, by a WSDL that has https addresses."""
        port = self.serve(self.configured())
        session = requests.Session()
        session.trust_env = False
        session.verify = str(self.tls / "ca.pem")
        session.cert = (str(self.tls / "client-x.pem"), str(self.tls / "client-x.key"))
        self.addCleanup(session.close)
        transport = Transport(session=session, timeout=_SECONDS)
        client = Client(f"https://127.0.0.1:{port}/services/index?wsdl", transport=transport)
        registered = client.service.registerService(
            handle="http://192.0.2.1/services/x", lifetime=60
        )
        self.assertTrue(
            registered.entry.startswith(f"https://127.0.0.1:{port}/services/index/entries/")
        )

    def test_sslscan(self) -> None:
        """sslscan finds no protocol before TLS 1.2, and no suite that is not ECDHE with an AEAD cipher."""
        program = self.tool("sslscan")
        port = self.serve(self.configured(clients="optional"))
        ended = subprocess.run(
            [program, "--xml=-", f"127.0.0.1:{port}"],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
        (scan,) = etree.fromstring(ended.stdout).findall("ssltest")
        protocols = {
            f"{one.get('type')} {one.get('version')}": one.get("enabled")
            for one in scan.findall("protocol")
        }
        self.assertEqual(
            {name for name, isOn in protocols.items() if isOn == "1"}, {"tls 1.2", "tls 1.3"}
        )
        self.assertLessEqual({"ssl 2", "ssl 3", "tls 1.0", "tls 1.1"}, set(protocols))
        suites = {one.get("cipher", "") for one in scan.findall("cipher")}
        self.assertGreaterEqual(len(suites), 5)
        weak = [one for one in suites if not re.fullmatch(r"(TLS_|ECDHE-).*(GCM|POLY1305).*", one)]
        self.assertEqual(weak, [])
        renegotiation, compression = scan.find("renegotiation"), scan.find("compression")
        assert renegotiation is not None
        self.assertEqual(renegotiation.get("supported"), "0")
        self.assertNotEqual("" if compression is None else compression.get("supported"), "1")

    def test_openssl(self) -> None:
        """openssl s_client: old protocols and suites end in the handshake; a session is never taken up again."""
        program = self.tool("openssl")
        port = self.serve(self.configured())
        files = ("-CAfile", "tls/ca.pem", "-cert", "tls/client-x.pem", "-key", "tls/client-x.key")

        def client(*words: str) -> str:
            ended = subprocess.run(
                [program, "s_client", "-connect", f"127.0.0.1:{port}", *files, *words],
                cwd=self.home,
                input=b"GET /-/healthy HTTP/1.0\r\nHost: localhost\r\n\r\n",
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                timeout=_SECONDS,
                check=False,
            )
            return ended.stdout.decode("latin-1")

        for words in (
            ("-tls1", "-cipher", "ALL:@SECLEVEL=0"),
            ("-tls1_1", "-cipher", "ALL:@SECLEVEL=0"),
            ("-tls1_2", "-cipher", "ECDHE-ECDSA-AES128-SHA256:ECDHE-ECDSA-AES256-SHA:@SECLEVEL=0"),
        ):
            self.assertIn("Cipher is (NONE)", client(*words))
        for version in ("-tls1_2", "-tls1_3"):
            told = client(version, "-ign_eof", "-sess_out", "session")
            self.assertIn("Verify return code: 0 (ok)", told)
            self.assertIn("200 OK", told)
            if (self.home / "session").exists():
                self.assertNotIn("Reused, ", client(version, "-sess_in", "session"))


class CommandTests(TLSCase):
    """C{gma}, and what it says when it is turned away."""

    def test_words(self) -> None:
        """Each mistake with what to try."""
        port = self.serve(self.configured())
        base = f"https://localhost:{port}"
        ours = {
            "GMA_CA": "tls/ca.pem",
            "GMA_CERT": "tls/client-x.pem",
            "GMA_KEY": "tls/client-x.key",
        }
        self.assertEqual(self.gma("status", base, **ours).returncode, 0)
        self.assertEqual(self.gma("doctor", base, **ours).returncode, 0)
        self.assertIn("nothing was changed", self.gma("reload", base, **ours).stderr)
        for more, url, why in (
            ({"GMA_CA": ""}, base, "its certificate is of an authority that is not known here"),
            ({}, f"https://127.0.0.2:{port}", "nobody listens there"),
            ({"GMA_CERT": "", "GMA_KEY": ""}, base, "it wants a certificate"),
            ({}, f"http://localhost:{port}", "https://"),
            ({"GMA_CA": "nowhere"}, base, "--ca: nowhere cannot be read"),
        ):
            said: Mapping[str, str] = {**ours, **more}
            ended = self.gma("status", url, **said)
            self.assertNotEqual(ended.returncode, 0)
            self.assertIn(why, ended.stderr)

    def test_watch(self) -> None:
        """Changes come from such a node as from others, and one that is not believed is no surprise later."""
        base = f"https://localhost:{self.serve(self.configured(clients='none'))}"
        told = self.shell(f"timeout -s INT 8 gma --ca tls/ca.pem watch {base} glue:Host || true")
        self.assertRegex(told.stdout, r"(?m)^\S+  new      glue:Host", told.stderr)
        ended = self.gma("watch", base, "glue:Host")
        self.assertIn("its certificate is of an authority that is not known here", ended.stderr)

    def test_host(self) -> None:
        """A certificate of other names, and one that has ended."""
        self.authority.issue("elsewhere", ["elsewhere.example"], 30)
        port = self.serve(self.configured(clients="none", name="elsewhere"))
        told = self.gma("--ca", "tls/ca.pem", "doctor", f"https://localhost:{port}")
        self.assertEqual(told.returncode, 1)
        self.assertIn("its certificate is not of this host", " ".join(told.stdout.split()))


class PageTests(CommandCase):
    """docs/tls.md, "Two nodes that know each other", word by word but for the ports."""

    timeout = 180

    def setUp(self) -> None:
        """Free ports in place of those of the page."""
        super().setUp()
        if not (ROOT / PAGE).exists():
            raise SkipTest("the documentation is not installed")
        self.ports: dict[str, str] = {}
        for said in ("8443", "8444"):
            with socket.socket() as free:
                free.bind(("127.0.0.1", 0))
                self.ports[said] = str(free.getsockname()[1])

    def here(self, text: str) -> str:
        """With ports that are free."""
        return re.sub("844[34]", lambda found: self.ports[found[0]], text)

    def does(self, text: str) -> str:
        """What a block prints, which must succeed."""
        ended = self.shell(self.here(text))
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout

    def starts(self, text: str) -> Node:
        """A block whose last line is a node."""
        making, _, command = self.here(text).rstrip().rpartition("\n")
        self.does(making)
        words = command.split()
        self.assertEqual(words[:4], ["twistd", "-n", "--pidfile=", "gma-index"])
        return Node(self.home, self.addCleanup, *words[4:])

    def test_page(self) -> None:
        """Two nodes aggregate from each other over mutual TLS; who shows nothing is turned away."""
        make, first, second, ask, stranger, revoke = (one.text for one in readBlocks(PAGE, "sh"))
        self.does(make)
        one = self.starts(first)
        one.waitFor(self.here(r"status page +(https://localhost:8443)/$"))
        other = self.starts(second)
        other.waitFor(self.here(r"status page +(https://localhost:8444)/$"))

        both = [self.here(f"https://localhost:{port}/services/index") for port in ("8443", "8444")]

        def hosts() -> list[str]:
            return re.findall(r"https://localhost:\d+/services/index", self.does(ask))

        poll(hosts, lambda found: all(found.count(one) == len(both) for one in both))
        self.assertNotIn("WRONG", self.does(ask))
        export = ask.splitlines()[0]
        live = re.compile(r"(?m)^https://localhost:\d+/services/index +live +\d+ +20\d\d-").search
        for port in ("8443", "8444"):
            # Each is live, and each has a subscriber: nobody had to be polled.
            asking = f"{export}\ngma status https://localhost:{port}"
            # The one that began first may wait until it tries again.
            status = poll(partial(self.does, asking), lambda said: bool(live(said)))
            self.assertRegex(status.splitlines()[1], r" 1$")
        ended = self.shell(self.here(f"{export}\n{stranger}"))
        self.assertEqual(ended.returncode, 3)
        self.assertIn("it wants a certificate", ended.stderr)
        self.assertRegex(self.does(revoke), r'^revoked = ".*/tls/revoked.pem"$')

    def test_section(self) -> None:
        """The section of the page is one without a mistake, and its table has every key."""
        (block,) = (one.text for one in readBlocks(PAGE, "toml"))
        configuration, _ = readConfiguration(block, "site-a.toml")
        self.assertIs(configuration.tls.clients, Clients.OPTIONAL)
        table = (ROOT / PAGE).read_text().split("| key | holds |", 1)[1].split("\n\n", 1)[0]
        named = re.findall(r"(?m)^\| `(\w+)` \|", table)
        self.assertEqual(named, [one.name for one in keys(TLSSection)])


del TLSCase
