"""How long verbs wait for an answer."""

import attrs

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.configuration import readConfiguration
from gma_twisted.errors import PeerUnreachable
from gma_twisted.interfaces import Reply
from tests.command.stand import CommandCase, run

_NODE = "http://h:1/services/x"
_SINK = "http://h:2/"
_MARGIN = 5.0


@attrs.frozen(eq=False)
class _Silent(BlockingCaller):
    """
    Nobody answers it.

    @ivar waits: seconds it would have waited, exchange by exchange
    """

    waits: list[float] = attrs.field(factory=list)

    def exchange(self, method: str, url: str, timeout: float, *_: object, **__: object) -> Reply:
        """See L{BlockingCaller.exchange}."""
        self.waits.append(timeout)
        raise PeerUnreachable("nobody answers")


class PatienceTests(CommandCase):
    """Without C{--timeout}, and with it."""

    def waited(self, *words: str) -> float:
        """Seconds a verb waits for the first answer."""
        self.caller = caller = _Silent()
        self.fails(3, *words)
        return caller.waits[0]

    def test_values(self) -> None:
        """The node's own bounds end what it takes, and say which they are, before the verb gives up."""
        answering = readConfiguration("", "x")[0].limits.of("exchange")["answerSeconds"]
        for words in (
            ("ls", _NODE),
            ("get", _NODE, "glue:Host"),
            ("query", _NODE, "1"),
            ("query", _NODE, "1", "--lang", "xquery"),
            ("subscribe", _NODE, "--sink", _SINK, "--xpath", "1"),
        ):
            self.assertGreater(self.waited(*words), answering + _MARGIN)
            self.assertEqual(self.waited(*words, "--timeout", "3s"), 3.0)

    def test_others(self) -> None:
        """What is answered at once is not waited for so long."""
        self.assertEqual(self.waited("status", _NODE), 10.0)

    def test_help(self) -> None:
        """The help says how long, and why."""
        for verb, seconds in (
            ("get", "40s"),
            ("query", "40s"),
            ("subscribe", "40s"),
            ("status", "10s"),
        ):
            said = " ".join(run(BlockingCaller(), verb, "--help").stdout.split())
            self.assertIn(f"[default: {seconds}]", said)
            self.assertEqual(seconds == "40s", "a node may take 30 s for one" in said)
