"""Whether notices may go to a sink."""

from collections.abc import Awaitable, Sequence

import attrs
from twisted.internet.defer import Deferred
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Busy, GMAError, PeerUnreachable, Refused, TimedOut, TooLarge
from gma_twisted.interfaces import Reply
from gma_twisted.model import OURSELVES, Caller, Handle
from gma_twisted.security import ConnectGuard, SinkRules
from gma_twisted.timing import Ready, toDeferred

_NAMES = {
    "mine.example.org": ["193.0.6.1", "2001:67c::1"],
    "other.example.org": ["193.0.6.9"],
}
_TOKEN = b"07" * 16
_ME = Caller("anonymous", "193.0.6.1")


@attrs.define(eq=False)
class Outside:
    """
    Names and pages.

    @ivar names: looked up
    @ivar fetched: URLs and seconds
    @ivar answer: to every GET
    """

    names: list[str] = attrs.field(factory=list)
    fetched: list[tuple[str, float]] = attrs.field(factory=list)
    answer: Reply | GMAError = attrs.field(factory=lambda: Reply(200, _TOKEN))
    failure: GMAError | None = None

    def lookup(self, host: str) -> Awaitable[Sequence[str]]:
        """What names mean; an address means itself."""
        self.names.append(host)
        if self.failure is not None:
            raise self.failure
        return Ready(_NAMES.get(host, [host] if host[:1].isdigit() or ":" in host else []))

    def fetch(self, handle: Handle, seconds: float) -> Awaitable[Reply]:
        """The answer."""
        self.fetched.append((handle.url, seconds))
        if isinstance(self.answer, GMAError):
            raise self.answer
        return Ready(self.answer)


class SinkRulesTests(SynchronousTestCase):
    """A caller at 193.0.6.1."""

    def setUp(self) -> None:
        """Everybody answers the challenge."""
        self.outside = Outside()
        self.strict = self.rules()
        self.open = self.rules(admitsOthers=True)

    def rules(self, admitsOthers: bool = False, exempt: Sequence[str] = ()) -> SinkRules:
        """Rules of an operator."""
        outside = self.outside
        random = bytes.fromhex(_TOKEN.decode())
        return SinkRules(
            ConnectGuard(),
            outside.lookup,
            outside.fetch,
            lambda count: random[:count],
            admitsOthers,
            exempt,
        )

    def admit(self, rules: SinkRules, url: str, caller: Caller = _ME) -> "Deferred[str]":
        """What comes of it."""
        return toDeferred(rules.admit(Handle(url), caller))

    def admits(self, rules: SinkRules, url: str, caller: Caller = _ME) -> bool:
        """Whether it may be."""
        outcome: list[str | Failure] = []
        self.successResultOf(self.admit(rules, url, caller).addBoth(outcome.append))
        (found,) = outcome
        if isinstance(found, Failure):
            found.trap(Refused)
        return not isinstance(found, Failure)

    def heldTo(self, rules: SinkRules, url: str, caller: Caller = _ME) -> str:
        """The address that notices may go to."""
        return self.successResultOf(self.admit(rules, url, caller))

    def why(self, rules: SinkRules, url: str, kind: type[GMAError] = Refused) -> str:
        """Why it may not."""
        return str(self.failureResultOf(self.admit(rules, url), kind).value)

    def test_own(self) -> None:
        """The caller's own address and names are admitted, in every form of it, without a challenge."""
        for url in ("http://193.0.6.1:9/a", "https://193.0.6.1/", "http://Mine.example.org/x?y=z"):
            self.assertTrue(self.admits(self.strict, url), url)
        peer = Caller("anonymous", "::ffff:193.0.6.1")
        self.assertTrue(self.admits(self.strict, "http://193.0.6.1/", peer))
        peer = Caller("anonymous", "2001:67c::1")
        self.assertTrue(self.admits(self.strict, "http://[2001:67c::1]/", peer))
        self.assertTrue(self.admits(self.strict, "http://mine.example.org/", peer))
        self.assertEqual(self.outside.fetched, [])

    def test_held(self) -> None:
        """Who is known by a name is held to the address it came from; all others are what they say, or are trusted."""
        for url, caller, held in (
            ("http://mine.example.org/", _ME, "193.0.6.1"),
            ("http://mine.example.org/", Caller("a", "::ffff:193.0.6.1"), "193.0.6.1"),
            ("http://mine.example.org/", Caller("a", "2001:67c:0::1"), "2001:67c::1"),
            ("http://193.0.6.1/", _ME, ""),
            ("http://other.example.org/", _ME, ""),
            ("http://none.example.org/", OURSELVES, ""),
        ):
            self.assertEqual(self.heldTo(self.open, url, caller), held, url)
        rules = self.rules(exempt=["http://mine.example.org/"])
        self.assertEqual(self.heldTo(rules, "http://mine.example.org/a"), "")

    def test_others(self) -> None:
        """All others are refused, and it is said what the operator can do; nobody is called."""
        for url in (
            "http://193.0.6.2/",
            "http://other.example.org/",
            "http://none.example.org/",
            "http://193.0.6.1.example.org/",
        ):
            why = self.why(self.strict, url)
            self.assertIn(f'the sink "{url}" is not at the address of its subscriber', why)
            self.assertIn("[notify] third_party_sinks or third_party_exempt", why)
        self.assertEqual(self.outside.fetched, [])

    def test_noPeer(self) -> None:
        """A caller without an address owns no sink."""
        self.assertFalse(self.admits(self.strict, "http://none.example.org/", Caller("x", "")))

    def test_guard(self) -> None:
        """What the guard refuses is refused to everybody, before any name is looked up."""
        rules = self.rules(True, ["http://127.0.0.1/"])
        for url in ("http://127.0.0.1/", "ftp://193.0.6.1/", "http://u@193.0.6.1/"):
            self.assertIn("the URL", self.why(rules, url))
        self.assertEqual((self.outside.names, self.outside.fetched), ([], []))

    def test_ourselves(self) -> None:
        """The node itself may name any."""
        self.assertTrue(self.admits(self.strict, "http://127.0.0.1:1/x", OURSELVES))

    def test_lookalike(self) -> None:
        """Who only calls himself so is not the node itself."""
        self.assertFalse(self.admits(self.strict, "http://127.0.0.1:1/x", Caller("node")))

    def test_challenge(self) -> None:
        """Where the operator allows third parties, they are asked once, briefly, by their own URL."""
        for url, asked in (
            ("http://193.0.6.2/a", "http://193.0.6.2/a?gma-challenge="),
            ("http://193.0.6.2/a?b=c", "http://193.0.6.2/a?b=c&gma-challenge="),
        ):
            self.outside.fetched.clear()
            self.assertTrue(self.admits(self.open, url))
            self.assertEqual(self.outside.fetched, [(asked + _TOKEN.decode(), 5.0)])

    def test_wrongAnswers(self) -> None:
        """200 and the token, all of it and no more, is the only right answer."""
        for answer in (
            Reply(200, b""),
            Reply(200, _TOKEN[:-1]),
            Reply(200, _TOKEN + b"\n"),
            Reply(200, b"<p>" + _TOKEN),
            Reply(202, _TOKEN),
            Reply(302, _TOKEN),
            Reply(404, _TOKEN),
            PeerUnreachable("nobody there"),
            TooLarge("more than 4096 bytes"),
            Refused("the guard"),
        ):
            self.outside.answer = answer
            self.assertFalse(self.admits(self.open, "http://193.0.6.2/"), answer)

    def test_later(self) -> None:
        """What may succeed later is not a refusal."""
        self.outside.answer = Busy("too many calls")
        self.why(self.open, "http://193.0.6.2/", Busy)
        for failure in (Busy("too many names"), TimedOut("slow names")):
            self.outside.failure = failure
            self.why(self.open, "http://mine.example.org/", type(failure))

    def test_exempt(self) -> None:
        """What the operator lists needs neither; what only looks like it does."""
        rules = self.rules(exempt=["http://193.0.6.2:80/a/", "http://other.example.org/"])
        for url in (
            "http://193.0.6.2:80/a/",
            "http://193.0.6.2:80/a/b?c=/d",
            "HTTP://Other.Example.Org/x",
            "http://other.example.org",
        ):
            self.assertTrue(self.admits(rules, url), url)
        for url in (
            "http://193.0.6.2:80/a",
            "http://193.0.6.2:80/A/",
            "http://193.0.6.2:80/a/../b",
            "http://193.0.6.2:80/a/..",
            "http://193.0.6.2:80/a/%2e%2e/b",
            "http://193.0.6.2:8080/a/",
            "https://193.0.6.2:80/a/",
            "http://other.example.org.evil.org/",
            "http://other.example.org?/",
        ):
            self.assertFalse(self.admits(rules, url), url)
        self.assertEqual(self.outside.fetched, [])
