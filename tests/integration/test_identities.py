"""Callers that show who they are, to real nodes over TLS: zeep, suds, SOAP::Lite and C{gma}."""

import json
import shutil
import signal
import socket
import ssl
import subprocess
from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any
from urllib.request import HTTPSHandler, ProxyHandler, build_opener

import requests
from lxml import etree
from twisted.trial.unittest import SkipTest
from zeep import Client
from zeep.exceptions import Fault
from zeep.plugins import HistoryPlugin
from zeep.transports import Transport
from zeep.wsse.username import UsernameToken

from gma_twisted.configuration import readConfiguration
from gma_twisted.markup.namespaces import WSSE
from gma_twisted.security import tokenDigest
from tests.integration.commandcase import CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.twistd import Node
from tests.readme import ROOT, readBlocks
from tests.security.certificates import authority

_PAGE = "docs/identity.md"
_TOKEN = "gma_a-token-for-alice-only"
_OTHER = "gma_another-token-of-alice"
_WORD = "correct horse <battery> & é"
_SECONDS = 30.0
_MEMBER = "https://localhost/services/member"

_PERL = r"""
use SOAP::Lite; use IO::Socket::SSL; use Digest::SHA qw(sha1); use MIME::Base64; use POSIX qw(strftime); use Encode;
my ($url, $ca, $name, $word) = @ARGV;
my $nonce = join '', map { chr int rand 256 } 1..16;
my $created = strftime "%Y-%m-%dT%H:%M:%SZ", gmtime;
my $digest = encode_base64(sha1($nonce . $created . $word), '');
my $encoded = encode_base64($nonce, '');
my $profile = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0';
my $secext = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd';
my $utility = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd';
my $security = SOAP::Header->name('wsse:Security')->attr({'xmlns:wsse' => $secext, 'xmlns:wsu' => $utility})
  ->mustUnderstand(1)->value(\SOAP::Data->value(
    SOAP::Data->name('wsse:UsernameToken' => \SOAP::Data->value(
      SOAP::Data->name('wsse:Username' => $name)->type(''),
      SOAP::Data->name('wsse:Password' => $digest)->type('')->attr({Type => "$profile#PasswordDigest"}),
      SOAP::Data->name('wsse:Nonce' => $encoded)->type(''),
      SOAP::Data->name('wsu:Created' => $created)->type('')))));
my $lite = SOAP::Lite->proxy($url, ssl_opts => { SSL_ca_file => $ca })->default_ns('urn:gma-twisted:2026:registration')
  ->on_action(sub { '""' });
my $answer = $lite->call('unregisterService', $security, SOAP::Data->name(handle => 'http://127.0.0.1/services/nobody')->type(''));
print $answer->fault ? $answer->faultcode . ' ' . $answer->faultstring : 'done', "\n";
"""


class IdentityCase(CommandCase):
    """A node at which everybody reads, and who is known registers."""

    def setUp(self) -> None:
        """Start it."""
        super().setUp()
        self.tls = self.home / "tls"
        authority(self.tls, "site-a", "client-x")
        word = self.home / "alice.password"
        word.write_text(f"{_WORD}\n")
        word.chmod(0o600)
        tokens = json.dumps([tokenDigest(_TOKEN), tokenDigest(_OTHER)])
        self.path = self.home / "node.toml"
        self.path.write_text(
            f'[node]\nlisten = "ssl:0:interface=127.0.0.1"\nstate_dir = "{self.home}/state"\n'
            '[tls]\ncertificate = "tls/site-a.pem"\nkey = "tls/site-a.key"\n'
            'authorities = "tls/ca.pem"\nclients = "optional"\n'
            f'[identity.alice]\ntokens = {tokens}\npassword_file = "alice.password"\n'
            '[identity.carol]\ncertificates = "CN=client-x"\n'
            '[access]\nanonymous = "read"\n'
            '[access.rules.members]\nwho = "*"\nmay = "register"\n'
        )
        self.node = Node(self.home, self.addCleanup, "-c", str(self.path))
        self.base = self.node.waitFor(r"status page +(https://\S+:\d+)/$")
        self.url = f"{self.base}/services/index"
        self.ca = str(self.tls / "ca.pem")

    def zeep(self, wsse: object = None, pair: Sequence[str] = (), **fields: str) -> Any:
        """A client with a certificate and its key; C{fields} of each of its requests."""
        session = requests.Session()
        session.trust_env = False
        session.verify = self.ca
        if pair:
            session.cert = (pair[0], pair[1])
        session.headers.update(fields)
        self.history = HistoryPlugin()
        return Client(
            f"{self.url}?wsdl",
            wsse=wsse,
            plugins=[self.history],
            transport=Transport(session=session, timeout=_SECONDS, operation_timeout=_SECONDS),
        ).service

    def refused(self, client: Any, code: str) -> Fault:
        """Register, which a fault with this code answers."""
        fault: Fault = self.assertRaises(Fault, self.register, client)
        self.assertEqual(fault.code.rpartition(":")[2], code)
        for secret in (_TOKEN, _OTHER, _WORD):
            self.assertNotIn(secret, fault.message)
        return fault

    def register(self, client: Any, handle: str = _MEMBER) -> Any:
        """Register a service for a minute."""
        return client.registerService(handle=handle, lifetime=60)

    def post(self, body: bytes, token: str = "") -> requests.Response:
        """Send a message."""
        fields = {"Content-Type": "text/xml; charset=utf-8"}
        if token:
            fields["Authorization"] = f"Bearer {token}"
        return requests.post(self.url, body, headers=fields, verify=self.ca, timeout=_SECONDS)

    def audited(self) -> list[str]:
        """Who called what with which result, in order."""
        lines = (self.home / "state" / "audit.jsonl").read_text().splitlines()
        return [
            f"{one.get('who')} {one.get('operation')} {one.get('result')}"
            for one in map(json.loads, lines)
        ]


class ForeignTests(IdentityCase):
    """What other software shows."""

    def test_zeep(self) -> None:
        """A token, a password, its digest and a certificate, each alone; without them nothing is registered."""
        self.assertIn("anonymous", self.refused(self.zeep(), "Client").message)
        for client in (
            self.zeep(Authorization=f"Bearer {_TOKEN}"),
            self.zeep(Authorization=f"Bearer {_OTHER}"),
            self.zeep(UsernameToken("alice", _WORD)),
            self.zeep(UsernameToken("alice", _WORD, use_digest=True)),
        ):
            self.assertEqual(self.register(client).lifetime, 60)
        pair = [str(self.tls / f"client-x.{end}") for end in ("pem", "key")]
        self.register(self.zeep(pair=pair), f"{_MEMBER}/of-carol")
        called = "{urn:gma-twisted:2026:registration}registerService"
        wanted = [("anonymous", "Refused"), *[("alice", "ok")] * 4, ("carol", "ok")]
        self.assertEqual(self.audited(), [f"{who} {called} {result}" for who, result in wanted])

    def test_wrong(self) -> None:
        """What is wrong is refused with the code of WS-Security, and so is what was used before."""
        pair = [str(self.tls / f"client-x.{end}") for end in ("pem", "key")]
        for client in (
            self.zeep(UsernameToken("alice", "wrong")),
            self.zeep(UsernameToken("alice", "wrong", use_digest=True)),
            self.zeep(UsernameToken("nobody", _WORD, use_digest=True)),
            self.zeep(UsernameToken("alice", _WORD), pair=pair),
        ):
            self.refused(client, "FailedAuthentication")
        right = self.zeep(UsernameToken("alice", _WORD, use_digest=True))
        self.register(right)
        answer = self.post(etree.tostring(self.history.last_sent["envelope"]))
        self.assertEqual(answer.status_code, 500)
        fault = etree.fromstring(answer.content).find(".//{*}Fault")
        assert fault is not None
        self.assertEqual(fault.findtext("faultcode"), "wsse:FailedAuthentication")
        self.assertEqual(fault[0].nsmap["wsse"], WSSE)
        self.assertIn("used before", fault.findtext("faultstring") or "")

    def test_suds(self) -> None:
        """suds shows a password, with its way of a nonce and a time."""
        if find_spec("suds") is None:
            raise SkipTest("suds-community is not installed")
        from suds.client import Client as Suds  # noqa: PLC0415
        from suds.transport.http import HttpTransport  # noqa: PLC0415
        from suds.wsse import Security  # noqa: PLC0415
        from suds.wsse import UsernameToken as SudsToken  # noqa: PLC0415

        transport = HttpTransport()
        context = ssl.create_default_context(cafile=self.ca)
        transport.urlopener = build_opener(ProxyHandler({}), HTTPSHandler(context=context))
        client = Suds(f"{self.url}?wsdl", transport=transport, cache=None)
        token = SudsToken("alice", _WORD)
        token.setnonce()
        token.setcreated()
        security = Security()
        security.tokens.append(token)
        client.set_options(wsse=security)
        self.assertEqual(float(client.service.registerService(_MEMBER, lifetime=60).lifetime), 60)
        self.assertIn("alice", self.audited()[-1])

    def test_perl(self) -> None:
        """SOAP::Lite shows the digest of a password, in a header that must be understood."""
        perl = shutil.which("perl") or ""
        needed = ("SOAP::Lite", "LWP::Protocol::https", "IO::Socket::SSL")
        if not perl or any(
            subprocess.run([perl, f"-M{one}", "-e1"], capture_output=True, check=False).returncode
            for one in needed
        ):
            raise SkipTest("SOAP::Lite, or TLS for it, is not installed")
        said = [
            subprocess.run(
                [perl, "-e", _PERL, self.url, self.ca, "alice", word],
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
            for word in (_WORD, "wrong")
        ]
        self.assertIn("http://127.0.0.1/services/nobody", said[0].stdout, said[0].stderr)
        self.assertIn("wsse:FailedAuthentication the user name", said[1].stdout, said[1].stderr)
        self.assertIn("alice", self.audited()[0])


class NodeTests(IdentityCase):
    """What a node does about it."""

    def test_guesses(self) -> None:
        """Who guesses too often is told when to come again, with 503; a page counts both."""
        self.register(self.zeep(Authorization=f"Bearer {_TOKEN}"))
        body = etree.tostring(self.history.last_sent["envelope"])
        shown = [f"guess-number-{number:08}" for number in range(11)]
        answers = [self.post(body, one) for one in shown]
        self.assertEqual([one.status_code for one in answers], [500] * 10 + [503])
        self.assertIn(int(answers[-1].headers["Retry-After"]), range(1, 7))
        # What is right gets in also from there.
        self.assertEqual(self.post(body, _TOKEN).status_code, 200)
        page = requests.get(f"{self.base}/metrics", verify=self.ca, timeout=_SECONDS).text
        self.assertIn('gma_authentication_failures_total{outcome="wrong"} 10.0', page)
        self.assertIn('gma_authentication_failures_total{outcome="throttled"} 1.0', page)
        self.assertEqual(sum("FailedAuthentication" in one for one in self.audited()), 10)
        for secret in (_TOKEN, "guess-number"):
            self.assertNotIn(secret, "".join(self.node.lines))

    def test_rotated(self) -> None:
        """A token that is taken out of the file counts no longer after a reload; the other goes on."""
        old = self.zeep(Authorization=f"Bearer {_TOKEN}")
        self.register(old)
        text = self.path.read_text()
        self.path.write_text(text.replace(f'"{tokenDigest(_TOKEN)}", ', ""))
        self.node.process.send_signal(signal.SIGHUP)
        poll(lambda: [one for one in self.node.lines if "reloaded: identity changed" in one], bool)
        self.refused(old, "FailedAuthentication")
        self.register(self.zeep(Authorization=f"Bearer {_OTHER}"))

    def test_command(self) -> None:
        """C{gma} shows the token of a file, by an option or the environment."""
        file = self.home / "alice.token"
        file.write_text(f"{_OTHER}\n")
        file.chmod(0o600)
        words = ("register", self.url, _MEMBER, "--lifetime", "60s")
        self.assertEqual(self.gma(*words, GMA_CA=self.ca).returncode, 4)
        for shown, environment in (
            ((), {"GMA_TOKEN_FILE": str(file)}),
            (("--token-file", str(file)), {}),
        ):
            ended = self.gma(*shown, *words, GMA_CA=self.ca, **environment)
            self.assertEqual((ended.returncode, ended.stderr), (0, ""))


class BetweenNodesTests(CommandCase):
    """One node copies from another, which nobody reads who is not known."""

    def test_token(self) -> None:
        """With its token it subscribes and gets notices; without one it is refused, and says so."""
        tls = self.home / "tls"
        authority(tls, "site-a", "site-b", "site-c")
        token = self.home / "b.token"
        token.write_text(f"{_TOKEN}\n")
        token.chmod(0o600)

        def start(name: str, more: str) -> str:
            path = self.home / f"{name}.toml"
            path.write_text(
                f'[node]\nlisten = "ssl:0:interface=127.0.0.1"\nstate_dir = "{self.home}/{name}"\n'
                f'[tls]\ncertificate = "tls/{name}.pem"\nkey = "tls/{name}.key"\n'
                f'authorities = "tls/ca.pem"\n{more}'
            )
            node = Node(self.home, self.addCleanup, "-c", str(path))
            return node.waitFor(r"status page +(https://\S+:\d+)/$")

        source = start(
            "site-a",
            f'[identity.site-b]\ntokens = "{tokenDigest(_TOKEN)}"\n'
            '[access.rules.copies]\nwho = "site-b"\nmay = ["read", "subscribe"]\n',
        )
        copied = f'[aggregate.a]\nfrom = "{source}/services/index"\nnames = "glue:Host"\n'
        shown = start("site-b", f'{copied}token_file = "b.token"\n')
        unshown = start("site-c", copied)
        environment = {"GMA_CA": str(tls / "ca.pem")}

        def status(node: str) -> str:
            return self.gma("status", node, **environment).stdout

        poll(lambda: status(shown), lambda text: f"{source}/services/index  live" in text)
        self.assertIn(
            f"{source}/services/index", self.gma("ls", shown, "glue:Host", **environment).stdout
        )
        poll(lambda: status(unshown), lambda text: "anonymous may not call" in text)


class PageTests(CommandCase):
    """docs/identity.md, its commands word by word but for the port."""

    timeout = 180

    def test_page(self) -> None:
        """A token is made, shown, and told whose it is; every section of the page is one without a mistake."""
        if not (ROOT / _PAGE).exists():
            raise SkipTest("the documentation is not installed")
        make, serve, register, check = (one.text for one in readBlocks(_PAGE, "sh"))
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        listen = f"tcp:{port}:interface=127.0.0.1"
        self.does(make)
        written, _, command = serve.rstrip().rpartition("\n")
        self.does(written)
        words = command.split()
        self.assertEqual(words[:4], ["twistd", "-n", "--pidfile=", "gma-index"])
        state = ("--state-dir", str(self.home / "state"))
        Node(self.home, self.addCleanup, *words[4:], "--listen", listen, *state).url()
        register = register.replace("8480", str(port))
        self.does(register)
        self.assertEqual(
            self.shell(register.replace("--token-file alice.token ", "")).returncode, 4
        )
        (_, said) = (one.text for one in readBlocks(_PAGE, "text"))
        self.assertEqual(self.does(check), said)
        for block in readBlocks(_PAGE, "toml"):
            readConfiguration(block.text, "node.toml")

    def does(self, text: str) -> str:
        """What a block prints, which must succeed."""
        ended = self.shell(text)
        self.assertEqual(ended.returncode, 0, ended.stderr)
        return ended.stdout


del IdentityCase
