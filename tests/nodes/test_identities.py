"""[identity.NAME] and token_file in a plan, and after a reload."""

from pathlib import Path

from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.configuration import Mistakes, readDraft
from gma_twisted.interfaces import Request
from gma_twisted.nodes import INDEX, Plan, makePlan
from gma_twisted.nodes.reloadable import ReloadableIdentities
from gma_twisted.security import Attempts, Identities, Known, Nonces, tokenDigest
from gma_twisted.timing import NodeClock, toDeferred
from gma_twisted.transport.tokens import Tokens
from tests.nodes.plans import runtimeOf

_TOKEN = "gma_a-token-of-alice"
_HASH = tokenDigest(_TOKEN)
_ALICE = f'[identity.alice]\ntokens = "{_HASH}"\n'
_ACCESS = '[access]\nanonymous = "read"\n'
_SOURCE = '[aggregate.b]\nfrom = "https://b:8443/services/index"\nnames = "glue:*"\n'
_REGISTRY = '[register.b]\nat = "https://b:8443/services/registry"\n'


class IdentifiedTests(SynchronousTestCase):
    """A configuration beside its files."""

    def setUp(self) -> None:
        self.home = Path(self.mktemp()).absolute()
        self.home.mkdir()
        self.clock = NodeClock(Clock(), lambda: 1.7e9)

    def write(self, name: str, text: str, mode: int = 0o600) -> None:
        """A file of one line."""
        path = self.home / name
        path.write_text(text)
        path.chmod(mode)

    def plan(self, text: str) -> Plan:
        """The plan of it."""
        draft = readDraft(text, str(self.home / "vo.toml"))
        return makePlan(INDEX, draft, runtimeOf(self.clock), {"HOME": "/home/gma"})

    def refused(self, text: str) -> list[str]:
        """The mistakes."""
        error = self.assertRaises(Mistakes, self.plan, text)
        return [line.replace(f"{self.home}/", "") for line in error.lines]

    def test_nobody(self) -> None:
        """Without sections nobody is known, and nothing shown."""
        plan = self.plan("")
        self.assertEqual((plan.identified.known, plan.identified.tokens), ([], {}))

    def test_known(self) -> None:
        """A password is the line of its file, which is found beside the configuration."""
        self.write("a.password", "correct horse\n")
        plan = self.plan(
            _ALICE + 'password_file = "a.password"\ncertificates = "cn=alice"\n' + _ACCESS
        )
        wanted = Known("alice", (_HASH,), "correct horse", ("CN=alice",))
        self.assertEqual(plan.identified.known, [wanted])
        self.assertEqual(["no endpoint of listen is ssl" in one for one in plan.doubts], [True] * 2)
        self.assertNotIn("correct horse", repr(plan.identified))
        self.assertNotIn("correct horse", repr(plan.identified.mark))

    def test_doubted(self) -> None:
        """A file that others may read is doubted."""
        self.write("a.password", "correct horse\n", 0o644)
        doubts = self.plan(_ALICE + 'password_file = "a.password"\n' + _ACCESS).doubts
        (line,) = (one for one in doubts if "TLS" not in one)
        self.assertEqual(
            line.replace(f"{self.home}/", ""),
            'vo.toml:3:17: identity.alice.password_file: warning: others may read or change "a.password"; make that '
            "chmod 600",
        )

    def test_useless(self) -> None:
        """Identities without rules are doubted."""
        (line,) = self.plan(_ALICE).doubts
        self.assertEqual(
            line.replace(f"{self.home}/", ""),
            "vo.toml:1:2: identity: warning: who calls is known, and everybody may do everything all the same; write "
            "[access]",
        )

    def test_wrong(self) -> None:
        """What two identities have, names that are taken, and files that say nothing."""
        self.write("empty", "")
        bob = _ALICE.replace("alice", "bob")
        for text, wanted in (
            (
                _ALICE + bob,
                [
                    "vo.toml:4:10: identity.bob.tokens: [identity.alice] has the same; make one of its own for each"
                ],
            ),
            (
                '[identity.a]\ncertificates = "CN=x"\n[identity.b]\ncertificates = ["DNS:b", "cn=x"]\n',
                [
                    "vo.toml:4:26: identity.b.certificates[1]: [identity.a] has the same; leave one of them out, or "
                    "make groups of one identity"
                ],
            ),
            (
                _ALICE.replace("alice", "node"),
                [
                    'vo.toml:1:11: identity: "node" is there already: who shows nothing, or the node itself; choose '
                    "another name"
                ],
            ),
            (
                _ALICE + 'password_file = "empty"\n',
                [
                    "vo.toml:3:17: identity.alice.password_file: empty is empty; write one line into it"
                ],
            ),
            (
                _ALICE + 'password_file = "none"\n',
                [
                    "vo.toml:3:17: identity.alice.password_file: none cannot be read: No such file or directory; make "
                    "it, with one line, readable for this node only"
                ],
            ),
        ):
            self.assertEqual(self.refused(text), wanted)

    def test_tokens(self) -> None:
        """A token is that of a node, whatever the sections that name it are for."""
        self.write("b.token", f"{_TOKEN}\n")
        more = 'token_file = "b.token"\n'
        plan = self.plan(_SOURCE + more + _REGISTRY + more)
        self.assertEqual(plan.identified.tokens, {"https://b:8443/services/index": _TOKEN})
        self.assertNotIn(_TOKEN, repr(plan.identified))
        self.assertNotIn(_TOKEN, repr(plan.identified.mark))

    def test_wrongTokens(self) -> None:
        """A file that holds none, and two for one node."""
        self.write("short", "short\n")
        self.write("one", f"{_TOKEN}\n")
        self.write("other", f"{_TOKEN}2\n")
        self.assertEqual(
            self.refused(_SOURCE + 'token_file = "short"\n'),
            [
                'vo.toml:4:14: aggregate.b.token_file: "short" holds no bearer token; write into it what "gma token '
                'new NAME" prints first, at the node that is called'
            ],
        )
        self.assertEqual(
            self.refused(_SOURCE + 'token_file = "one"\n' + _REGISTRY + 'token_file = "other"\n'),
            [
                "vo.toml:7:14: register.b.token_file: [aggregate.b] shows b:8443 another token; show a node one token"
            ],
        )

    def test_reloaded(self) -> None:
        """What is written anew into a file is another configuration; then it counts at once."""
        self.write("b.token", f"{_TOKEN}\n")
        text = _ALICE + _SOURCE + 'token_file = "b.token"\n'
        identities = Identities((), self.clock, Attempts(self.clock), Nonces(self.clock))
        tokens = Tokens()
        part = ReloadableIdentities(identities, tokens)
        first, same = (part.wanted(self.plan(text))[""] for _ in range(2))
        self.assertTrue(first.isAs(same))
        asked = Request(
            "/services/index", None, False, b"", "192.0.2.1", b"Bearer " + _TOKEN.encode()
        )
        self.assertEqual(identities.identify(asked), "anonymous")
        self.successResultOf(toDeferred(part.add("", first.thing)))
        self.assertEqual(identities.identify(asked), "alice")
        self.write("b.token", f"{_TOKEN}2\n")
        other = part.wanted(self.plan(text))[""]
        self.assertFalse(first.isAs(other))
        self.successResultOf(toDeferred(part.add("", other.thing)))
        self.assertIn(_TOKEN.encode() + b"2\r\n", tokens.lineOf(("b", 8443, True)))
