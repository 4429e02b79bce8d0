"""Whether lines may go somewhere."""

from collections.abc import Awaitable, Sequence

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import Refused
from gma_twisted.model import OURSELVES, Caller
from gma_twisted.netlogger.dataurl import TCP, UDP, DataUrl
from gma_twisted.security import ConnectGuard, LineRules
from gma_twisted.timing import Ready, toDeferred

_NAMES = {
    "mine.example.org": ["193.0.6.1", "2001:67c::1"],
    "other.example.org": ["193.0.6.9"],
}
_ME = Caller("anonymous", "193.0.6.1")


class LineRulesTests(SynchronousTestCase):
    """A caller at 193.0.6.1."""

    def lookup(self, host: str) -> Awaitable[Sequence[str]]:
        """What names mean."""
        return Ready(_NAMES.get(host, []))

    def rules(self, *to: str) -> LineRules:
        """Of an operator who lists places."""
        guard = ConnectGuard(schemes=(TCP, UDP))
        return LineRules(guard, self.lookup, [DataUrl.parse(one) for one in to])

    def admitted(self, rules: LineRules, url: str, caller: Caller = _ME) -> str:
        """The only address lines may go to."""
        return self.successResultOf(toDeferred(rules.admit(DataUrl.parse(url), caller)))

    def refused(self, rules: LineRules, url: str, caller: Caller = _ME) -> str:
        """Why they may not go there."""
        failure = self.failureResultOf(toDeferred(rules.admit(DataUrl.parse(url), caller)), Refused)
        error = failure.value
        assert isinstance(error, Refused)
        return error.message

    def test_own(self) -> None:
        """The caller's own address, as it is; a name of it, which is kept to it."""
        rules = self.rules()
        for scheme in (TCP, UDP):
            self.assertEqual(self.admitted(rules, f"{scheme}://193.0.6.1:99"), "")
            self.assertEqual(self.admitted(rules, f"{scheme}://mine.example.org"), "193.0.6.1")

    def test_others(self) -> None:
        """Anybody else's is refused, with the key that allows it."""
        for host in ("193.0.6.9", "other.example.org", "nobody.example.org"):
            self.assertEqual(
                self.refused(self.rules(), f"x-netlog://{host}:1"),
                f'the data URL "x-netlog://{host}:1" is not at the address of who asks, 193.0.6.1; the operator can '
                "allow that with [streams] to",
            )

    def test_listed(self) -> None:
        """Where the operator says: this scheme, this host, and this port where one is listed."""
        rules = self.rules("x-netlog://other.example.org", "x-netlog-udp://193.0.6.9:7")
        for url in ("x-netlog://other.example.org", "x-netlog://OTHER.example.org:25"):
            self.assertEqual(self.admitted(rules, url), "")
        self.assertEqual(self.admitted(rules, "x-netlog-udp://193.0.6.9:7?level=Info"), "")
        for url in (
            "x-netlog-udp://other.example.org",
            "x-netlog://other.example.org.evil.org",
            "x-netlog-udp://193.0.6.9:8",
            # It goes to two ports, one of which is not listed.
            "x-netlog-udp://193.0.6.9",
        ):
            self.assertIn("[streams] to", self.refused(rules, url))

    def test_guarded(self) -> None:
        """What the connect guard refuses is refused, whoever asks and whatever is listed."""
        rules = self.rules("x-netlog://127.0.0.1")
        for caller in (_ME, Caller("anonymous", "127.0.0.1"), OURSELVES):
            self.assertIn("[connect] allow", self.refused(rules, "x-netlog://127.0.0.1:1", caller))

    def test_offered(self) -> None:
        """What a consumer says that was offered events is nobody's own: only what is listed is taken."""
        self.assertEqual(
            self.refused(self.rules(), "x-netlog://193.0.6.1:1", OURSELVES),
            'the data URL "x-netlog://193.0.6.1:1" is not at the address of any caller; the operator can allow that '
            "with [streams] to",
        )
        rules = self.rules("x-netlog://193.0.6.1")
        self.assertEqual(self.admitted(rules, "x-netlog://193.0.6.1:1", OURSELVES), "")

    def test_file(self) -> None:
        """Files have no host; their plane judges them."""
        self.assertEqual(self.admitted(self.rules(), "file:/a/b"), "")
