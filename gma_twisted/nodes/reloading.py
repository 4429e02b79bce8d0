"""The configuration read again while the node runs: all of it checked, and only what differs applied."""

from collections.abc import Awaitable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import attrs
from twisted.internet.defer import Deferred
from twisted.logger import Logger

from gma_twisted.configuration import Mistakes, ProviderSection
from gma_twisted.configuration.comparing import differences, same
from gma_twisted.errors import Busy, GMAError, Refused, ServiceError
from gma_twisted.execution import ProviderSetup
from gma_twisted.interfaces import IPolicy
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import Caller
from gma_twisted.nodes.plan import Plan
from gma_twisted.nodes.reloadable import Reloadable, Wanted
from gma_twisted.nodes.rereading import Reread
from gma_twisted.security.networks import isThisMachine
from gma_twisted.timing import NodeClock, Task, Turns, gather, spawn, toDeferred

__all__ = ["Reloaded", "Reloader"]

log = Logger()

_NO_FILE = "this node was started without a configuration file: there is nothing to read again"
# An editor may empty a file before it writes it.
_EMPTY = (
    "is empty, and the node was told something by it; "
    "write a line with a comment into it, # nothing, if nothing at all is meant"
)
_BARED = (
    "[access] is taken away, and the node lets other machines in: everybody who reaches it could do everything; write "
    "the section again, with anonymous and rules for those who are meant, or restart the node without it"
)
_OTHER = "access changed"
_OPENED = "access removed: everybody on this machine may do everything"
_SHOWN = 20


@attrs.frozen(slots=True)
class Reloaded:
    """
    What became of a reload.

    @ivar changed: C{providers.NAME added}, C{removed} or C{changed} for each section that differed and was applied;
        C{access changed} when rules or groups did, C{access removed} when everybody may do everything from now on,
        C{tls changed} and C{identity changed} when a file they name did
    @ivar later: keys and sections that differ from those the node was started with, and wait for the next start
    @ivar failed: sections that could not be applied, each with the reason
    @ivar mistakes: why the configuration is not used, complete lines; nothing was changed then
    """

    changed: Sequence[str] = ()
    later: Sequence[str] = ()
    failed: Sequence[str] = ()
    mistakes: Sequence[str] = ()

    @property
    def outcome(self) -> str:
        """In a word: C{good}, C{bad} when nothing was changed, C{partial} when something could not be."""
        return "bad" if self.mistakes else "partial" if self.failed else "good"


@attrs.define(slots=True, eq=False)
class Reloader:
    """
    Reads the configuration of a node again: one at a time, and only while the node serves.

    It is a part of the node, the last to begin and the first to end.

    @ivar clock: the node's
    @ivar plan: what the node was started with
    @ivar reread: makes the plan anew, from the file and the command line; C{None} when there is no file
    """

    clock: NodeClock
    plan: Plan
    reread: Reread | None
    _parts: Sequence[Reloadable[Any]] = attrs.field(default=(), init=False)
    # By kind and key: what runs.
    _running: dict[str, dict[str, Wanted[Any]]] = attrs.field(factory=dict, init=False, repr=False)
    _task: Task | None = attrs.field(default=None, init=False)
    _isServing: bool = attrs.field(default=False, init=False)
    _isUnderWay: bool = attrs.field(default=False, init=False)
    _isAsked: bool = attrs.field(default=False, init=False)
    _counts: dict[str, int] = attrs.field(init=False)
    _last: Mapping[str, str] = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        self._counts = {"good": 0, "bad": 0}
        self._last = dict.fromkeys(("outcome", "last", "lastGood", "later"), "")

    def take(self, parts: Sequence[Reloadable[Any]]) -> None:
        """Be told what can be changed; all of it is as the plan says."""
        self._parts = parts
        self._running = {part.kind: dict(part.wanted(self.plan)) for part in parts}

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: what was asked for while the node started is done now."""
        self._isServing = True
        if self._isAsked:
            self._spawnSoon()

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: a reload under way ends where it is."""
        self._isServing = False
        if self._task is not None:
            self._task.cancel()
            await self._task.wait()

    async def reload(self) -> Reloaded:
        """
        Read the configuration again now, and apply what differs; it is done even if nobody waits for it any longer.

        @raise Busy: that is being done already, or the node is starting, or stops before it is done
        @raise ServiceError: a defect ended it; the log has it
        """
        if self.reread is None:
            return Reloaded(mistakes=[_NO_FILE])
        if not self._isServing:
            raise Busy("the configuration cannot be read again: the node is starting or stopping")
        if self._isUnderWay:
            raise Busy("the configuration is being read again already; try again in a moment")
        outcome: list[Reloaded] = []
        self._task = spawn(self._reload(self.reread, outcome), "reading the configuration again")
        await self._task.wait()
        if not outcome and not self._isServing:
            raise Busy("the configuration is not read again to the end: the node is stopping")
        if not outcome:
            raise ServiceError("the reload did not end well; the node's log says why")
        return outcome[0]

    def soon(self) -> None:
        """Read the configuration again, now or once the node serves and the reload under way has ended."""
        if self.reread is None:
            log.warn("SIGHUP: {why}", why=_NO_FILE)
        elif not self._isAsked:
            self._isAsked = True
            if self._isServing:
                self._spawnSoon()

    async def rescan(self, caller: Caller) -> None:
        """
        Read the configuration again for a client, if there is a file.

        @raise Refused: the client is not on this machine
        @raise Mistakes: the configuration cannot be used; nothing was changed
        @raise Busy: see L{reload}
        """
        if self.reread is None:
            return
        if not isThisMachine(caller.peer):
            raise Refused(
                f"the configuration is read again for callers on the node's own machine, not for {caller.peer}"
            )
        done = await self.reload()
        if done.mistakes:
            raise Mistakes(done.mistakes)

    def counts(self) -> Mapping[str, int | str]:
        """See L{INodeControl.reloads <gma_twisted.interfaces.INodeControl>}."""
        return {**self._counts, **self._last}

    def _spawnSoon(self) -> None:
        spawn(self._reloadSoon(), "reading the configuration again")

    async def _reloadSoon(self) -> None:
        if self._task is not None:
            await self._task.wait()
        self._isAsked = False
        # Who was quicker has begun after this was asked for; who stops reads nothing any more.
        with suppress(Busy):
            await self.reload()

    async def _reload(self, reread: Reread, outcome: list[Reloaded]) -> None:
        self._isUnderWay = True
        turns = Turns(self.clock)
        try:
            done = await self._attempt(reread, turns)
            outcome.append(done)
            await _tell(done, turns)
        finally:
            self._isUnderWay = False
            self._note(outcome[0] if outcome else None)

    async def _attempt(self, reread: Reread, turns: Turns) -> Reloaded:
        try:
            plan = await reread(self._known, turns)
        except Mistakes as error:
            return Reloaded(mistakes=error.lines)
        except GMAError as error:
            return Reloaded(mistakes=[error.message])
        # A kind that nothing here can change waits: an index that subscribed to nothing has no place for events.
        later = list(differences(self.plan.configuration, plan.configuration, self._running))
        if plan.emptyFile and (later or self._takesAway(plan)):
            return Reloaded(mistakes=[f"{plan.emptyFile}: {_EMPTY}"])
        isBared = self._isBared(plan)
        if isBared and not self.plan.isLocal:
            return Reloaded(mistakes=[_BARED])
        told = await gather([self._apply(part, plan, turns) for part in self._parts])
        return Reloaded(
            [_OPENED if isBared and line == _OTHER else line for done, _ in told for line in done],
            later,
            [line for _, failed in told for line in failed],
        )

    def _known(self, name: str, section: ProviderSection) -> ProviderSetup | None:
        """See L{Known <gma_twisted.nodes.installing.Known>}: what runs, and is not to be changed."""
        # A node may run no providers at all: that there are some is a mistake, which is told later.
        running: Wanted[ProviderSetup] | None = self._running.get("providers", {}).get(name)
        return running.thing if running is not None and same(running.mark, section) else None

    def _isBared(self, plan: Plan) -> bool:
        """Whether the node has rules and would be without."""
        running: Wanted[IPolicy] | None = self._running.get("access", {}).get("")
        return running is not None and running.thing.isGuard and not plan.policy.isGuard

    def _takesAway(self, plan: Plan) -> bool:
        """Whether something that runs is not wanted any more, or not as it is."""
        for part in self._parts:
            wanted = part.wanted(plan)
            for key, one in self._running[part.kind].items():
                if key not in wanted or not one.isAs(wanted[key]):
                    return True
        return False

    async def _apply(
        self, part: Reloadable[Any], plan: Plan, turns: Turns
    ) -> tuple[Sequence[str], Sequence[str]]:
        """Make a kind of things as the plan says. @return: what is changed, and what could not be"""
        running, wanted = self._running[part.kind], part.wanted(plan)
        before = list(running)
        ended: dict[str, None] = {}
        for key, one in running.items():
            await turns.breathe()
            if key not in wanted or not one.isAs(wanted[key]):
                ended[key] = None
        begun = [key for key in wanted if key in ended or key not in running]
        failures: dict[str, str] = {}
        await _sideBySide((self._end(part, key, failures) for key in ended), turns)
        await _sideBySide(
            (self._begin(part, key, wanted[key], failures) for key in begun if key not in running),
            turns,
        )
        await turns.breathe()
        part.arrange(list(wanted))
        sections = dict.fromkeys(map(_sectionOf, (*ended, *begun)))
        were, are = set(map(_sectionOf, before)), set(map(_sectionOf, wanted))
        changed = [
            f"{_called(part, one)} {'removed' if one not in are else 'changed' if one in were else 'added'}"
            for one in sections
            if one not in failures
        ]
        return changed, [f"{_called(part, one)}: {why}" for one, why in failures.items()]

    async def _end(self, part: Reloadable[Any], key: str, failures: dict[str, str]) -> None:
        running = self._running[part.kind]
        try:
            await part.remove(key, running[key].thing)
        except GMAError as error:
            failures[_sectionOf(key)] = error.message
        else:
            del running[key]

    async def _begin(
        self, part: Reloadable[Any], key: str, one: Wanted[Any], failures: dict[str, str]
    ) -> None:
        try:
            await part.add(key, one.thing)
        except GMAError as error:
            failures[_sectionOf(key)] = error.message
        else:
            self._running[part.kind][key] = one

    def _note(self, done: Reloaded | None) -> None:
        isGood = done is not None and done.outcome == "good"
        self._counts["good" if isGood else "bad"] += 1
        now = writeDateTime(self.clock.wallTime())
        self._last = {
            "outcome": "bad" if done is None else done.outcome,
            "last": now,
            "lastGood": now if isGood else self._last["lastGood"],
            # A file that cannot be used says nothing of what waits.
            "later": _listed(done.later)
            if done is not None and not done.mistakes
            else self._last["later"],
        }


async def _sideBySide(works: Iterable[Awaitable[None]], turns: Turns) -> None:
    """Begin them, in as many turns as that takes, and wait until every one that was begun has ended."""
    begun: list[Deferred[None]] = []
    try:
        for one in works:
            begun.append(toDeferred(one))
            await turns.breathe()
    finally:
        await gather(begun)


def _called(part: Reloadable[Any], name: str) -> str:
    # Of some sections there is one, without a name.
    return f"{part.kind}.{name}" if name else part.kind


def _sectionOf(key: str) -> str:
    # No name of a section has a slash.
    return key.partition("/")[0]


def _listed(words: Sequence[str]) -> str:
    more = len(words) - _SHOWN
    return ", ".join(words[:_SHOWN]) + (f" and {more} more" if more > 0 else "")


async def _tell(done: Reloaded, turns: Turns) -> None:
    for line in done.mistakes:
        await turns.breathe()
        log.error("not reloaded, nothing was changed: {mistake}", mistake=line)
    for line in done.failed:
        await turns.breathe()
        log.error("reloaded in part: {why}", why=line)
    if done.later:
        log.warn("reloaded; at the next start take effect: {later}", later=_listed(done.later))
    if not done.mistakes:
        log.info("reloaded: {changed}", changed=_listed(done.changed) or "nothing differs")
