"""A value's life at a real node: a query by name, XPath, a subscriber and C{gma ls} say the same at every moment."""

import json
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any

import attrs

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.model import ExecutionRequest, Handle, Language, NameSelector, QName, Question
from gma_twisted.soap.porttypes import GRID_SERVICE, PROVIDER_EXECUTION
from gma_twisted.soap.questions import writeQuestion
from tests.integration.commandcase import LONGEST, CommandCase
from tests.integration.foreign.shared import poll
from tests.integration.foreign.sink import ForeignSink
from tests.integration.processors import Sleepers, most

FRESH, STALE, GONE = "fresh", "stale", "gone"

_LOAD = QName("urn:life", "Load")
_CONFIGURATION = f"""
[sde."{_LOAD.clark}"]

[providers.life]
class = "life:Life"
handler = "life:Lasting"
"""
_DOCUMENT = '<Load xmlns="urn:life" good="{good}" grace="{grace}" at="{at}"/>'
_BY_NAME = f"""
<ogsi:queryByServiceDataNames xmlns:ogsi="{OGSI}"><ogsi:name>{_LOAD.clark}</ogsi:name></ogsi:queryByServiceDataNames>
""".strip().encode()
_BY_XPATH = writeQuestion(Question(Language.XPATH, ".", (NameSelector(_LOAD),)))
# Seconds by which an instant may differ that is written in milliseconds.
_WRITTEN = 0.001
# How often all lives are lived at most.
_TIMES = 4
# Seconds of good, of grace, and until the next: gone without grace, said again when stale, gone.
_LIVES = ((1.5, 0.0, 2.5), (1.5, 2.0, 2.5), (1.5, 1.5, 4.5))
# A provider runs when it is asked to; how long its value lives stands in it.
_MODULE = """
from pathlib import Path

from gma_twisted.interfaces import IResultHandler, ISimpleDataProvider
from gma_twisted.markup import nameOf, valueFromTree
from gma_twisted.model import ElementKey, Lifetime
from zope.interface import implementer


@implementer(ISimpleDataProvider)
class Life:
    name = "life"
    description = "what life.xml says"

    async def provide(self):
        return Path("life.xml").read_bytes()


@implementer(IResultHandler)
class Lasting:
    def handle(self, document, run):
        lifetime = Lifetime.lasting(run.now, float(document.get("good")), float(document.get("grace")))
        key = ElementKey(nameOf(document), run.originator)
        yield valueFromTree(document, key, lifetime, run.wallTime)
"""


@attrs.frozen
class Reading:
    """What somebody saw. @ivar begin, end: wall times between which it was read"""

    begin: float
    end: float
    state: str


@attrs.frozen
class Turn:
    """
    The value became something else.

    @ivar since: wall time before which it was not
    @ivar until: wall time from which on it was: the same, where the value itself says when
    """

    since: float
    until: float
    state: str


def watch(look: Callable[[], str], isOver: threading.Event, readings: list[Reading]) -> None:
    """Look again and again."""
    while not isOver.wait(0.02):
        begin = time.time()
        state = look()
        readings.append(Reading(begin, time.time(), state))


class LivesTests(CommandCase):
    """One node, one value."""

    def setUp(self) -> None:
        """Start the node, subscribe, and have a worker that knows the name."""
        super().setUp()
        (self.home / "life.py").write_text(_MODULE)
        (self.home / "vo.toml").write_text(_CONFIGURATION)
        self.at = self.index("-c", "vo.toml")
        self.sink = ForeignSink(self.addCleanup)
        done = self.gma("subscribe", self.at, _LOAD.clark, "--sink", self.sink.url, "--snapshot")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(self.byXPath(), GONE)
        # Each turn begins and ends with no doubt; what the value was before it was ever said comes first.
        self.turns = [Turn(0.0, 0.0, GONE)]

    # -- who looks

    def find(self, query: bytes) -> Any:
        """What is answered to a query."""
        proxy = Proxy((GRID_SERVICE,), Handle(f"http://{self.at}/services/index"), BlockingCaller())
        return finished(_awaited(proxy.findServiceData(query))).read(lambda root: root)

    def byName(self) -> str:
        """By a query for the name."""
        return _stateOf(self.find(_BY_NAME))

    def byXPath(self) -> str:
        """By an expression."""
        return _stateOf(self.find(_BY_XPATH))

    def listed(self) -> str:
        """By a process."""
        ended = self.gma("ls", self.at, _LOAD.clark, "-o", "json")
        if ended.returncode == 1 and "no value of" in ended.stderr:
            return GONE
        assert ended.returncode == 0, ended.stderr
        (value,) = json.loads(ended.stdout)
        return STALE if value["isStale"] else FRESH

    def heard(self) -> str:
        """By what a subscriber was told last."""
        now = time.time()
        (value,) = self.sink.notices[-1].values or [None]
        if value is None or _instant(value, "availableUntil") <= now:
            return GONE
        return STALE if _instant(value, "goodUntil") <= now else FRESH

    # -- what there is to see

    def say(self, good: float, grace: float) -> None:
        """Run the provider: another value, for so many seconds."""
        at = time.time()
        (self.home / "life.xml").write_text(_DOCUMENT.format(good=good, grace=grace, at=at))
        begun = time.time()
        heard = len(self.sink.notices)
        handle = Handle(f"http://{self.at}/services/index")
        proxy = Proxy((PROVIDER_EXECUTION,), handle, BlockingCaller())
        finished(_awaited(proxy.executeProvider(ExecutionRequest("life"))))
        (value,) = poll(lambda: list(self.find(_BY_NAME)), lambda found: _isSince(found, at))
        poll(lambda: len(self.sink.notices), lambda count: count > heard)
        # The turns of the value before do not come any more.
        self.turns = [one for one in self.turns if one.until <= begun]
        self.turns.append(Turn(begun, time.time(), FRESH))
        for name, state in (("goodUntil", STALE), ("availableUntil", GONE)):
            instant = _instant(value, name)
            self.turns.append(Turn(instant - _WRITTEN, instant + _WRITTEN, state))

    def allowed(self, reading: Reading) -> set[str]:
        """What the value was between the beginning and the end of a reading."""
        over = [one for one in self.turns if one.until <= reading.begin]
        during = [
            one for one in self.turns if one.until > reading.begin and one.since <= reading.end
        ]
        return {over[-1].state, *(one.state for one in during)}

    def test_life(self) -> None:
        """Whoever looks sees what it was while it was looked at, and all three states."""
        views = {
            "name": self.byName,
            "XPath": self.byXPath,
            "gma ls": self.listed,
            "subscriber": self.heard,
        }
        poll(lambda: len(self.sink.notices), lambda count: count > 0)
        isOver = threading.Event()
        with ThreadPoolExecutor() as threads:
            seen: dict[str, list[Reading]] = {name: [] for name in views}
            watching = [
                threads.submit(watch, look, isOver, seen[name]) for name, look in views.items()
            ]
            try:
                for good, grace, pause in self.lives(seen):
                    self.say(good, grace)
                    time.sleep(pause)
            finally:
                isOver.set()
            for one in watching:
                one.result(LONGEST)
        for name, readings in seen.items():
            wrong = [one for one in readings if one.state not in self.allowed(one)]
            self.assertEqual(wrong, [], name)
            self.assertEqual(self.certain(readings), {FRESH, STALE, GONE}, name)

    def lives(self, seen: Mapping[str, Sequence[Reading]]) -> Iterator[Sequence[float]]:
        """All lives, and again where a busy machine did not let somebody look in time."""
        for _ in range(_TIMES):
            yield from _LIVES
            if all(len(self.certain(list(readings))) == 3 for readings in seen.values()):
                return

    def certain(self, readings: Sequence[Reading]) -> set[str]:
        """The states that were seen while it had one alone."""
        return {one.state for one in readings if len(self.allowed(one)) == 1}

    def test_told(self) -> None:
        """That it is gone is told when it is, and neither before nor seconds later."""
        sleepers = Sleepers(self.addCleanup)
        before = sleepers.late()
        self.say(1.0, 1.0)
        gone = self.turns[-1].until
        notice = poll(lambda: self.sink.notices[-1], lambda last: not last.values)
        sent = datetime.fromisoformat(notice.header["sent"]).timestamp()
        self.assertGreaterEqual(sent, gone - 2 * _WRITTEN)
        self.assertLess(sent, gone + 1.0 + most(before, sleepers.late()))


async def _awaited(call: Any) -> Any:
    return await call


def _stateOf(answer: Any) -> str:
    """By what the node itself calls stale."""
    stale = [one.get(f"{{{GMA}}}freshness") == "stale" for one in answer]
    return {(): GONE, (False,): FRESH, (True,): STALE}[tuple(stale)]


def _instant(value: Any, name: str) -> float:
    return datetime.fromisoformat(value.get(f"{{{OGSI}}}{name}")).timestamp()


def _isSince(found: Sequence[Any], instant: float) -> bool:
    """Whether there is a value that was said since an instant."""
    return bool(found) and float(found[0].get("at")) >= instant
