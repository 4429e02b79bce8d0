"""[tls] in a plan, and who may be let in."""

from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Configuration, Listen, Mistakes, NodeSection, readDraft
from gma_twisted.nodes import INDEX, Plan, makePlan
from gma_twisted.nodes.exposure import whyClosed
from gma_twisted.nodes.reloadable import ReloadableTLS
from gma_twisted.security import TLS
from gma_twisted.timing import NodeClock, toDeferred
from tests.nodes.plans import runtimeOf
from tests.security.certificates import DAY, NOW, authority, selfSigned

_LISTEN = '[node]\nlisten = "ssl:8443:interface=127.0.0.1"\n'
_FILES = '[tls]\ncertificate = "site-a.pem"\nkey = "site-a.key"\nauthorities = "ca.pem"\n'


class SecuringCase(SynchronousTestCase):
    """A configuration beside its files."""

    def setUp(self) -> None:
        """Make the files."""
        self.home = Path(self.mktemp()).absolute()
        self.authority = authority(self.home, "site-a", "site-b")

    def plan(self, text: str, now: float = NOW) -> Plan:
        """The plan of it."""
        draft = readDraft(text, str(self.home / "vo.toml"))
        runtime = runtimeOf(NodeClock(Clock(), lambda: now))
        return makePlan(INDEX, draft, runtime, {"HOME": "/home/gma"})

    def refused(self, text: str, now: float = NOW) -> list[str]:
        """The mistakes."""
        error = self.assertRaises(Mistakes, self.plan, text, now)
        return [line.replace(f"{self.home}/", "") for line in error.lines]

    def doubted(self, text: str, now: float = NOW) -> list[str]:
        """What is doubted."""
        return [line.replace(f"{self.home}/", "") for line in self.plan(text, now).doubts]


class PlanTests(SecuringCase):
    """makePlan."""

    def test_good(self) -> None:
        """Files are found beside the configuration, and nothing is said."""
        plan = self.plan(_LISTEN + _FILES)
        self.assertEqual(len(plan.tls.credentials.chain), 1)
        self.assertEqual(plan.doubts, [])

    def test_needed(self) -> None:
        """An endpoint of TLS needs a certificate."""
        (said,) = self.refused(_LISTEN)
        self.assertTrue(
            said.startswith(
                'vo.toml:2:10: node.listen: "ssl:8443:interface=127.0.0.1" has no certificate to show; '
            ),
            said,
        )

    def test_mistakes(self) -> None:
        """What is wrong with a file is told where it is named, with what to do."""
        text = _LISTEN + _FILES.replace("site-a.key", "site-b.key")
        self.assertEqual(
            self.refused(text),
            [
                "vo.toml:5:7: tls.key: site-b.key is not the key of site-a.pem; "
                "name the key that the certificate was made for"
            ],
        )
        (late,) = self.refused(_LISTEN + _FILES, NOW + 100 * DAY)
        self.assertRegex(
            late, r"^vo.toml:4:15: tls.certificate: it ended on .*; name one that is valid$"
        )

    def test_between(self) -> None:
        """Keys that need others."""
        for text, why in (
            ('[tls]\ncertificate = "a"', "tls.certificate: its private key is missing"),
            ('[tls]\nkey = "a"', "tls.key: the certificate it belongs to is missing"),
            ('[tls]\nclients = "required"', "tls.clients: nobody's certificates are believed"),
            ('[tls]\nrevoked = "a"', "tls.revoked: nobody's certificates are believed"),
            ('[tls]\nclients = "some"', 'tls.clients: "some" is none of its words'),
        ):
            (said,) = self.refused(text)
            self.assertIn(why, said)

    def test_weak(self) -> None:
        """A key that OpenSSL holds for too short is no surprise at the first connection."""
        pem, key = selfSigned(self.home / "weak", "one", size=1024)
        (said,) = self.refused(f'{_LISTEN}[tls]\ncertificate = "{pem}"\nkey = "{key}"')
        self.assertIn("tls.certificate: OpenSSL refuses it or its key: ee key too small", said)

    def test_host(self) -> None:
        """The host of the node's URL is compared with the certificate, where that is https."""
        for url, isDoubted in (
            ("https://localhost:8443", False),
            ("https://site-a", False),
            ("https://elsewhere.example", True),
            ("http://elsewhere.example", False),
        ):
            text = f'[node]\nlisten = "ssl:8443"\ninsecure = true\npublic_url = "{url}"\n{_FILES}'
            self.assertEqual(bool(self.doubted(text)), isDoubted, url)
        (said,) = self.doubted('[node]\nlisten = "ssl:8443:interface=127.0.0.9"\n' + _FILES)
        self.assertEqual(
            said,
            "vo.toml:4:15: tls.certificate: warning: it is not of 127.0.0.9, the host of the node's URL; "
            "clients will refuse it",
        )

    def test_ownWay(self) -> None:
        """Twisted's own keys of an endpoint are refused with the cure."""
        text = "[node]\nlisten = 'ssl:8443:interface=127.0.0.1:privateKey=k:certKey=c'"
        (said,) = self.refused(text)
        self.assertIn("privateKey has no place here; write ssl:PORT:interface=ADDRESS, and", said)


class ExposureTests(SecuringCase):
    """Who may be let in."""

    def test_closed(self) -> None:
        """TLS alone does not say who may do what; spelled out, every endpoint is open."""
        node = NodeSection(insecure=True)
        for text, why in (
            ("tcp:1", "there is neither TLS nor authentication"),
            ("ssl:1", "nothing says who may do what"),
        ):
            listen = Listen.parse(text)
            self.assertEqual(whyClosed(listen, Configuration()), why)
            self.assertEqual(whyClosed(listen, Configuration(node=node)), "")

    def test_refused(self) -> None:
        """A plan says it where the endpoint stands."""
        text = '[node]\nlisten = "ssl:8443"\npublic_url = "https://site-a"\n' + _FILES
        (said,) = self.refused(text)
        start = 'vo.toml:2:10: node.listen: "ssl:8443" lets other machines in, and nothing says who may do what; '
        self.assertTrue(said.startswith(start), said)


class UnprovenTests(SecuringCase):
    """What shows who somebody is, and cannot."""

    def told(self, more: str, text: str = _LISTEN + _FILES) -> list[str]:
        """The doubts without where they are."""
        return [one.partition("warning: ")[2] for one in self.doubted(text + more)]

    def test_certificates(self) -> None:
        """A certificate that nobody is asked for is doubted, with what to write."""
        alice = '[access]\nanonymous = "none"\n[identity.alice]\ncertificates = "CN=alice"\n'
        why = 'nobody is asked for one: write clients = "optional" or "required" under [tls]'
        self.assertEqual(self.told(alice), [why])
        self.assertIn("identity.alice.certificates", self.doubted(_LISTEN + _FILES + alice)[0])
        self.assertEqual(self.told('clients = "optional"\n' + alice), [])
        (said,) = self.told(alice, "")
        self.assertEqual(said, "who shows one does so over TLS, and no endpoint of listen is ssl")

    def test_password(self) -> None:
        """So is a password where there is no TLS."""
        (self.home / "password").write_text("a password of some length")
        (self.home / "password").chmod(0o600)
        alice = '[access]\nanonymous = "none"\n[identity.alice]\npassword_file = "password"\n'
        why = "a password is taken over TLS only, and no endpoint of listen is ssl"
        self.assertEqual(self.told(alice, ""), [why])
        self.assertEqual(self.told(alice), [])

    def test_everybody(self) -> None:
        """And a rule for whoever has shown who it is, where nobody can."""
        rule = '[access.rules.all]\nwho = "*"\nmay = "read"\n'
        (said,) = self.told(rule, "")
        self.assertIn('"*" is whoever has shown who it is, and nobody can', said)
        token = f'[identity.alice]\ntokens = "sha256:{"0" * 64}"\n'
        self.assertEqual(self.told(rule + token, ""), [])
        self.assertEqual(self.told(rule.replace("*", "anonymous"), ""), [])


class ReloadTests(SecuringCase):
    """ReloadableTLS."""

    def test_changed(self) -> None:
        """The same files are left alone, others are taken."""
        tls = TLS()
        part = ReloadableTLS(tls)
        first, second = (part.wanted(self.plan(_LISTEN + _FILES))[""] for _ in range(2))
        self.assertTrue(first.isAs(second))
        other = part.wanted(self.plan(_LISTEN + _FILES.replace("site-a", "site-b")))[""]
        self.assertFalse(first.isAs(other))
        for done in (part.remove("", first.thing), part.add("", other.thing)):
            self.successResultOf(toDeferred(done))
        self.assertIs(tls.credentials, other.thing.credentials)


del SecuringCase
