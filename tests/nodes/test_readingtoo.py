"""What brings service data needs the right to read it."""

import json
from pathlib import Path

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.nodes import INDEX
from gma_twisted.nodes.kind import CONTAINER_PATH
from gma_twisted.security.identity import tokenDigest
from tests.command.stand import CommandCase, run
from tests.nodes.accessing import tokenOf
from tests.nodes.test_access import AccessCase

_NEEDED = b"may not call findServiceData"


def _rules(*may: str, on: str = "/*") -> str:
    """One identity and what it may, all of it at one place."""
    return (
        f'[identity.reader]\ntokens = "{tokenDigest(tokenOf("reader"))}"\n'
        f'[access.rules.reader]\nwho = "reader"\nmay = {list(may)}\non = "{on}"\n'
    )


class ReadingTooTests(AccessCase):
    """C{subscribe}, C{addSubscription} and C{addDataAggregation}."""

    def begin(self, text: str) -> None:
        """A node with these rules."""
        self.made = self.start(text, kind=INDEX)
        self.reactor.advance(0.5)
        self.client = self.made.connect()

    def test_without(self) -> None:
        """Who may not read cannot have it brought or copied."""
        self.begin(_rules("subscribe", "aggregate", "register"))
        path = INDEX.path
        for name in ("subscribe", "addSubscription", "addDataAggregation"):
            self.assertIn(_NEEDED, self.call("reader", path, name), name)
        self.assertNotIn(_NEEDED, self.call("reader", path, "removeSubscription"))

    def test_with(self) -> None:
        """By its class or its name, at the same service."""
        for may in ("read", "findServiceData"):
            self.begin(_rules("subscribe", "aggregate", may))
            for name in ("subscribe", "addSubscription", "addDataAggregation"):
                self.assertFalse(self.isRefused("reader", INDEX.path, name), name)
            self.stop(self.made)

    def test_elsewhere(self) -> None:
        """To read another service is not enough."""
        more = f'[access.rules.more]\nwho = "reader"\nmay = "read"\non = "{CONTAINER_PATH}"\n'
        self.begin(_rules("subscribe") + more)
        self.assertIn(_NEEDED, self.call("reader", INDEX.path, "subscribe"))
        self.assertFalse(self.isRefused("reader", CONTAINER_PATH, "subscribe"))


class ToldTests(CommandCase):
    """C{gma policy}."""

    def setUp(self) -> None:
        """Somebody who may only subscribe."""
        super().setUp()
        self.caller = BlockingCaller()
        path = Path(self.mktemp()).absolute()
        path.write_text(_rules("subscribe"), "utf-8")
        self.file = str(path)

    def test_explain(self) -> None:
        """It says what is missing."""
        ask = ("policy", "explain", "-c", self.file, "reader", "subscribe", INDEX.path)
        ended = run(self.caller, *ask)
        self.assertEqual(ended.exit_code, 1)
        self.assertIn(
            "[access.rules.reader] allows it, but no rule allows findServiceData", ended.output
        )

    def test_check(self) -> None:
        """The class holds for ends of subscriptions alone."""
        told = json.loads(self.gma("policy", "check", "-c", self.file, "-o", "json"))
        reader = next(one for one in told if one["identity"] == "reader")
        may = next(one for one in reader["may"] if one["access"] == "subscribe")
        self.assertFalse(may["isEverywhere"])
        self.assertNotIn(f"{INDEX.path} subscribe", may["at"])
        self.assertIn(f"{INDEX.path}/subscriptions/* destroy", may["at"])
