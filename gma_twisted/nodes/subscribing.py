"""C{[subscribe.NAME]}: what a consumer subscribes to, at a producer or at all producers that a directory knows."""

import math
import random
from collections.abc import Callable, Mapping, Sequence

import attrs
from twisted.logger import Logger

from gma_twisted.client.gma import RegistryProxy
from gma_twisted.client.holding import MAX_HELD, HeldState, Holding
from gma_twisted.client.proxy import Proxy
from gma_twisted.client.subscription import Subscription, Way
from gma_twisted.client.watch import Watch
from gma_twisted.configuration import SubscribeSection
from gma_twisted.errors import GMAError, cut
from gma_twisted.interfaces import ICaller
from gma_twisted.model import Handle
from gma_twisted.model.gma import Features, GMARole
from gma_twisted.nodes.candidates import Candidates, SubscribingLimits, producersOf
from gma_twisted.nodes.rolefits import filterOf, templateOf
from gma_twisted.nodes.subscribedsection import Absence, SubscribedSection
from gma_twisted.soap.porttypes.gma import COMPONENT
from gma_twisted.timing import Happening, NodeClock, Tasks, gather, sleep, spawn
from gma_twisted.transport.named import NamedPeers

__all__ = ["Origin", "Subscriptions"]

log = Logger()

# Between two questions to a directory that tells nothing by itself, and to one that is watched.
_PACE = 10.0
_WATCHED = 60.0
# However often a watch tells that something changed.
_LEAST = 1.0
_TIMEOUT = 10.0
_LEAVING = 5.0
# Where there are more producers than places: how long one may take to grant a subscription before others are tried.
_TRIAL = 60.0
# How long a producer is kept that the directory does not name any more, at least, and for how many looks: one that was
# restarted, or heard nothing of the producer for a while, names it again when that registers anew.
_GRACE = 300.0
_LOOKS = 3
# Producers of which is known since when they are none any more.
_LEFT = 1000


def _messages(name: str, url: str, caller: ICaller, section: SubscribeSection) -> None:
    return None


@attrs.frozen(slots=True, eq=False)
class Origin:
    """
    Where the events of a subscription come from.

    @ivar producer: its URL
    @ivar section: that asked for them
    """

    producer: str
    section: SubscribeSection


@attrs.define(slots=True, eq=False)
class Subscriptions:
    """
    Keeps them from L{start} until L{stop}. A producer is held subscribed to; a directory is asked for the producers
    that have such events, and those it names are held, as long as it names them and for some minutes more: it may have
    forgotten them, and they live. It is asked again when the watch of
    it says that something changed, and from time to time: a directory may not be able to call here.

    Who may register at the directory can name as many producers as it likes. Of more than there are places for, those
    that have granted a subscription keep theirs; the others are tried in turn.

    @ivar clock: the node's
    @ivar dataUrl: where the events shall go
    @ivar trusted: calls whom the operator named
    @ivar guarded: calls whom a directory named
    @ivar named: whom the operator named
    @ivar expect: told the number of a subscription that is made, and of one that is over
    @ivar renumber: told the old and the new number of one that was lost, and is made again
    @ivar began: told that there is something to subscribe to, before the first
    @ivar limits: how many producers a directory may name
    @ivar random: gives numbers in C{[0, 1)}
    @ivar own: URL of the node's own producer, which is not subscribed to though a directory names it; empty for none
    @ivar way: gives, of the name of a section, the URL of a producer, the way to call it and the section, how its
        events come; C{None} for messages
    """

    clock: NodeClock
    dataUrl: str
    trusted: ICaller
    guarded: ICaller
    named: NamedPeers
    expect: Callable[[int, bool], None]
    renumber: Callable[[int, int], None]
    began: Callable[[], None] = lambda: None
    limits: SubscribingLimits = attrs.field(factory=SubscribingLimits)
    random: Callable[[], float] = random.random
    own: str = ""
    way: Callable[[str, str, ICaller, SubscribeSection], Way | None] = _messages
    _asked: dict[str, SubscribedSection] = attrs.field(factory=dict, init=False, repr=False)
    # By number of the subscription.
    _origins: dict[int, Origin] = attrs.field(factory=dict, init=False, repr=False)
    _holding: Holding | None = attrs.field(default=None, init=False, repr=False)
    _leaving: Tasks = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._leaving = Tasks("subscriptions that are given back", MAX_HELD)

    def add(self, name: str, section: SubscribeSection) -> None:
        """Subscribe, from L{start} on; nobody is waited for."""
        assert section.at is not None  # the plan was checked
        asked = self._asked[name] = SubscribedSection(name, section)
        self.named.add(section.at.url)
        self.began()
        if self._holding is not None:
            self._begin(asked)

    async def remove(self, name: str, seconds: float = _LEAVING) -> None:
        """Subscribe no more, and end what is. @param seconds: the longest this may take"""
        asked = self._asked.pop(name, None)
        if asked is None:
            return
        assert asked.section.at is not None
        self.named.remove(asked.section.at.url)
        if asked.looking is not None:
            asked.looking.cancel()
            await asked.looking.wait()
        ending: list[Subscription | Watch] = [self._drop(asked, url) for url in list(asked.found)]
        if asked.watch is not None:
            ending.append(asked.watch)
        await self._release(ending, seconds)

    def told(self, callerId: int) -> bool:
        """Something was told under a number. @return: whether it is that of a watch: there is no event in it"""
        for asked in self._asked.values():
            if asked.watch is not None and asked.watch.callerId == callerId:
                asked.wake.happen()
                return True
        return False

    def originOf(self, callerId: int) -> Origin | None:
        """Where events that come under a number are from; C{None} when nothing here has asked for them."""
        return self._origins.get(callerId)

    def doubt(self, callerId: int) -> None:
        """A producer may have lost a subscription: it is asked now. No effect on one there is none of any more."""
        if self._holding is None or callerId not in self._origins:
            return
        for asked in self._asked.values():
            for one in asked.found.values():
                if one.callerId == callerId:
                    self._holding.doubt(one)

    async def start(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: nobody is waited for."""
        # What is on its way while it stops is known until then.
        self._origins.clear()
        self._holding = Holding(self.clock, timeout=_TIMEOUT)
        for asked in self._asked.values():
            self._begin(asked)

    async def stop(self) -> None:
        """See L{Part <gma_twisted.nodes.part.Part>}: producers that answer are told that nothing is wanted any more."""
        holding, self._holding = self._holding, None
        if holding is None:
            return
        for asked in self._asked.values():
            if asked.looking is not None:
                asked.looking.cancel()
                await asked.looking.wait()
            asked.found.clear()
            asked.begun.clear()
            asked.absent.clear()
            asked.left.clear()
        await holding.stop(_LEAVING)
        await self._leaving.cancelAll()

    def status(self) -> Sequence[Mapping[str, str]]:
        """Per subscription: name, producer, state, lastError; as text. A directory that names nobody is one, too."""
        rows: list[Mapping[str, str]] = []
        for name, asked in self._asked.items():
            for url, one in asked.found.items():
                state, error = ("", "")
                if self._holding is not None:
                    found, error = self._holding.state(one)
                    state = found.value
                rows.append({"name": name, "producer": url, "state": state, "lastError": error})
            if not asked.found:
                at = "" if asked.section.at is None else asked.section.at.url
                rows.append(
                    {"name": name, "producer": at, "state": "looking", "lastError": asked.error}
                )
        return rows

    def _begin(self, asked: SubscribedSection) -> None:
        asked.looking = spawn(self._look(asked), "looking for what to subscribe to")

    async def _look(self, asked: SubscribedSection) -> None:
        section = asked.section
        assert section.at is not None
        registry: RegistryProxy | None = None
        while True:
            asked.wake = Happening()
            next = self.clock.seconds() + _LEAST
            try:
                if registry is None:
                    if not await self._isDirectory(section.at):
                        self._hold(asked, section.at.url, self.trusted)
                        asked.error = ""
                        return
                    registry = await RegistryProxy.connect(section.at.url, self.trusted, _TIMEOUT)
                    self._watch(asked, section.at.url)
                await self._compare(asked, registry)
                asked.error = ""
            except GMAError as error:
                self._failed(asked, error)
            await self._pause(asked)
            await sleep(self.clock, max(0.0, next - self.clock.seconds()))

    def _watch(self, asked: SubscribedSection, directory: str) -> None:
        assert self._holding is not None
        section = asked.section
        asked.watch = Watch(
            directory,
            self.trusted,
            self.dataUrl,
            GMARole.PRODUCER,
            templateOf(section),
            section.attributes,
            timeout=_TIMEOUT,
            # What is left of the old one hears so, and ends.
            renumbered=lambda old, new: self.expect(old, False),
        )
        self._holding.hold(asked.watch)

    async def _pause(self, asked: SubscribedSection) -> None:
        pace = _PACE
        if asked.watch is not None and self._holding is not None:
            state, _ = self._holding.state(asked.watch)
            pace = _WATCHED if state is HeldState.HELD else _PACE
        late = self.clock.callLater(pace, asked.wake.happen)
        try:
            await asked.wake.wait()
        finally:
            if late.active():
                late.cancel()

    async def _isDirectory(self, at: Handle) -> bool:
        if at.path == "/":
            # No service is named: a producer has one usual place, and so has the proxy of one.
            return False
        features: Features = await Proxy([COMPONENT], at, self.trusted, _TIMEOUT).getFeatures()
        return GMARole.REGISTRY.value in features.roles

    async def _compare(self, asked: SubscribedSection, registry: RegistryProxy) -> None:
        assert self._holding is not None
        named, isWhole = await producersOf(registry, asked.section, self.limits.named)
        urls = [one for one in named if one != self.own]
        urls += self._unnamed(asked, set(urls), isWhole)
        # What several directories name has room beside each other, and beside their watches.
        room = max(1, min(self.limits.producers, MAX_HELD // len(self._asked) - 1))
        ranks = {url: self._rank(asked, url) + self.random() for url in urls}
        found = Candidates.of(urls, ranks.__getitem__, room, self.limits.perHost)
        self._tellFull(asked, found.left, isWhole)
        wanted = set(found.chosen)
        gone = [self._drop(asked, url) for url in list(asked.found) if url not in wanted]
        if gone:
            # The next look does not wait for those that do not answer any more.
            self._leaving.spawn(self._release(gone, _LEAVING), "giving back subscriptions")
        for url in found.chosen:
            if url not in asked.found:
                self._hold(asked, url, self.guarded)

    def _unnamed(self, asked: SubscribedSection, named: set[str], isWhole: bool) -> list[str]:
        """Producers that are kept though they are not named. @param isWhole: whether all were read that are named"""
        now = self.clock.seconds()
        grace = max(_GRACE, asked.section.lifetime)
        kept = []
        for url in asked.found:
            if url in named:
                asked.absent.pop(url, None)
                continue
            absence = asked.absent.setdefault(url, Absence(now))
            absence.looks += isWhole
            if absence.looks < _LOOKS or now < absence.since + grace:
                kept.append(url)
        return kept

    def _rank(self, asked: SubscribedSection, url: str) -> int:
        """The lower, the sooner a producer has a place."""
        one = asked.found.get(url)
        if one is None or self._holding is None:
            return 1
        if self._holding.state(one)[0] is HeldState.HELD:
            return -1
        return 0 if self.clock.seconds() < asked.begun[url] + _TRIAL else 2

    def _tellFull(self, asked: SubscribedSection, left: Sequence[str], isWhole: bool) -> None:
        isFull = bool(left) or not isWhole
        if isFull and not asked.isFull:
            at = "" if asked.section.at is None else asked.section.at.url
            log.warn(
                "{at} names more producers than a consumer subscribes to; {count} are left out{which}",
                at=at,
                count=len(left) if isWhole else f"{len(left)} and more",
                which=f", {cut(left[0])} among them" if left else "",
            )
        asked.isFull = isFull

    def _hold(self, asked: SubscribedSection, url: str, caller: ICaller) -> None:
        assert self._holding is not None
        section = asked.section
        one = Subscription(
            url,
            caller,
            templateOf(section),
            self.dataUrl,
            filterOf(section),
            lease=section.lifetime,
            lookBack=self._lookBack(asked, url) or None,
            rateLimit=None if section.rateLimit is None else float(section.rateLimit),
            timeout=_TIMEOUT,
            clock=self.clock,
            renumbered=self._renumbered,
            way=self.way(asked.name, url, caller, section),
        )
        self._holding.hold(one)
        self.expect(one.callerId, True)
        self._origins[one.callerId] = Origin(url, section)
        asked.found[url] = one
        asked.begun[url] = self.clock.seconds()
        asked.left.pop(url, None)

    def _lookBack(self, asked: SubscribedSection, url: str) -> float:
        """Of a producer that was given up lately only what came since then: the rest was told."""
        left = asked.left.get(url, -math.inf)
        return min(asked.section.lookBack, self.clock.seconds() - left)

    def _renumbered(self, old: int, new: int) -> None:
        origin = self._origins.pop(old, None)
        # One that is being given back needs no number.
        if origin is not None:
            self._origins[new] = origin
            self.renumber(old, new)

    def _drop(self, asked: SubscribedSection, url: str) -> Subscription:
        """Take no more events of a producer; it is not told yet."""
        one = asked.found.pop(url)
        asked.begun.pop(url, None)
        asked.absent.pop(url, None)
        self._noteLeft(asked, url)
        self.expect(one.callerId, False)
        self._origins.pop(one.callerId, None)
        return one

    def _noteLeft(self, asked: SubscribedSection, url: str) -> None:
        now, left = self.clock.seconds(), asked.left
        left[url] = now
        # The oldest come first.
        while len(left) > _LEFT or left[next(iter(left))] <= now - asked.section.lookBack:
            del left[next(iter(left))]
            if not left:
                break

    async def _release(self, ending: Sequence[Subscription | Watch], seconds: float) -> None:
        """Give back all at once. @param seconds: the longest this may take"""
        holding = self._holding
        if holding is not None:
            await gather([holding.release(one, seconds) for one in ending])
        for one in ending:
            # One that was being made when it was dropped may have been expected once more meanwhile.
            if isinstance(one, Subscription):
                self.expect(one.callerId, False)

    def _failed(self, asked: SubscribedSection, error: GMAError) -> None:
        if not asked.error:
            at = "" if asked.section.at is None else asked.section.at.url
            log.warn("{at}: {why}; it is tried again", at=at, why=error.message)
        asked.error = error.message
