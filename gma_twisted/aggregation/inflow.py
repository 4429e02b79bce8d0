"""What one source offers, and how its notices get into the store (WIRE 5)."""

import math
from collections.abc import Iterator

import attrs

from gma_twisted.aggregation.grounds import Grounds
from gma_twisted.aggregation.lifetimes import Reckoning
from gma_twisted.aggregation.names import AskedNames, UnnamedKeys
from gma_twisted.aggregation.offers import OWN_PATH, TOO_FAR, UNFIT, Offer, Offers
from gma_twisted.aggregation.plan import Plan
from gma_twisted.aggregation.planning import Planning
from gma_twisted.model import ElementKey, Handle, Lifetime, ServiceDataElement
from gma_twisted.soap.notices import ReceivedNotice
from gma_twisted.timing import sleep

__all__ = ["Inflow"]


@attrs.define(slots=True, eq=False)
class Inflow:
    """
    What one source offers, and which of it is in the store. L{Intake.open
    <gma_twisted.aggregation.intake.Intake.open>} makes it.

    @ivar source: handle of the source
    @ivar isIncomplete: whether something was missed: only a snapshot, or a notice of all values, brings it. False
        again when one begins
    """

    _grounds: Grounds
    # Every inflow that is open.
    _open: "set[Inflow]" = attrs.field(repr=False)
    source: Handle
    _names: AskedNames
    isIncomplete: bool = attrs.field(default=False, init=False)
    _isGathering: bool = attrs.field(default=False, init=False)
    _offers: Offers = attrs.field(init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self._offers = Offers(self._grounds.mostValues, self._grounds.memory)
        self._open.add(self)

    @property
    def values(self) -> int:
        """How many values the source offers that may be taken here, as far as it was heard."""
        return len(self._offers)

    @property
    def mostValues(self) -> int:
        """How many it may offer."""
        return self._grounds.mostValues

    @property
    def isFull(self) -> bool:
        """Whether it has offered more since everything was last asked for, and nothing new of it is taken."""
        return self._offers.isFull

    @property
    def leftOut(self) -> str:
        """Why there is no room for some of the source's values; empty when there is room for all."""
        offers = self._offers
        if offers.beyond:
            if offers.why:
                return f"left out {offers.beyond} of its values: {offers.why}"
            return (
                f"{self.source} offers more than {offers.most} values, the bound aggregated_values;"
                " the others are left out"
            )
        unfit = offers.count(UNFIT)
        return f"left out {unfit} of its values: {offers.whyUnfit}" if unfit else ""

    @property
    def refused(self) -> str:
        """How many of its values are not taken by rule, and why; empty when there are none."""
        counts = (
            (self._offers.count(OWN_PATH), "had been here"),
            (self._offers.count(TOO_FAR), "came through too many nodes"),
        )
        return ", ".join(f"{count} {why}" for count, why in counts if count)

    def offers(self, key: ElementKey, path: tuple[str, ...]) -> bool:
        """Whether the source offers a value by a path, this node last."""
        offer = self._offers.get(key)
        return offer is not None and offer.path == path

    def beginAnew(self, isRestarted: bool = False) -> None:
        """
        What an unfinished snapshot has said so far does not count; another one begins. To be called when the next
        notice belongs to a new epoch, or to a new subscription, or is a part of a snapshot and says C{dropped}.

        @param isRestarted: whether the source has begun another life: what it had from others it may not have again
            yet, so what the snapshot does not say of that stays until its lifetime ends
        """
        self._offers.begin()
        self.isIncomplete = False
        self._isGathering = self._isGathering or isRestarted

    async def apply(self, notice: ReceivedNotice, sent: float | None, isSnapshot: bool) -> None:
        """
        Put what a notice says into the store. One at a time: the next when this has been answered. After an error the
        same notice may be applied again; after success the end of a snapshot may not.

        Done in one commit as long as it speaks of at most C{batch} values. A notice of more, and the end of a
        snapshot that leaves more out, are done in several, between which others have their turns: readers may see a
        part of it. So it is when the store has no room for some of it. What there is no room for is left out, the rest
        is taken: see L{leftOut}.

        @param sent: wall time of the sender, seconds since 1970, that lifetimes are relative to (C{gma:sent}, of the
            header or of whole values); C{None} when it does not say (foreign): they are reckoned by our own wall clock
        @param isSnapshot: whether it is a part of everything there is
        @raise Busy: the store cannot write now
        """
        grounds, offers = self._grounds, self._offers
        isPart = isSnapshot or notice.isSnapshotEnd
        if notice.isWhole or (isPart and not offers.isSnapshot):
            self.beginAnew()
        planning = Planning(grounds, self.source.url, self._names, offers, self._reckoning(sent))
        for _ in self._decided(notice, planning):
            if len(planning.plan.offers) >= grounds.batch:
                await self._do(planning)
                await sleep(grounds.clock, 0.0)
        await self._do(planning)
        if notice.isWhole or notice.isSnapshotEnd:
            offers.end()
            self._isGathering = False
        grounds.counts.notices += 1

    async def close(self) -> None:
        """
        Take nothing more. Values stay until their lifetime ends; those without an end get one (C{good}, C{grace}),
        unless another inflow offers them by the same way.

        @raise Busy: the store cannot write now
        """
        self._open.discard(self)
        commits, batch = self._grounds.commits, self._grounds.batch
        every = list(self._offers)
        for start in range(0, len(every), batch):
            if start:
                await sleep(self._grounds.clock, 0.0)
            plan = Plan()
            for key, offer in every[start : start + batch]:
                self._letGo(key, offer, plan)
            if plan.commands:
                await commits.commit(plan)
        self.forget()

    def forget(self) -> None:
        """Remember nothing of the source any more, though it could not be closed. Without effect when it was."""
        self._open.discard(self)
        self._offers.clear()

    def _letGo(self, key: ElementKey, offer: Offer, plan: Plan) -> None:
        """Plan that a value stays until its lifetime ends, and that it has an end."""
        present = self._grounds.commits.present(key)
        if present is not None and self._isLeftEndless(present, offer):
            plan.extend(present, self._ending(present.lifetime))

    def _isLeftEndless(self, present: ServiceDataElement, offer: Offer) -> bool:
        return (
            present.lifetime.availableUntil == math.inf
            and present.path == offer.path
            and not any(
                other is not self and other.offers(present.key, offer.path) for other in self._open
            )
        )

    def _ending(self, lifetime: Lifetime) -> Lifetime:
        good = self._grounds.clock.seconds() + self._grounds.good
        end = min(lifetime.goodUntil, good)
        return Lifetime(min(lifetime.goodFrom, end), end, good + self._grounds.grace)

    def _reckoning(self, sent: float | None) -> Reckoning:
        grounds = self._grounds
        now = grounds.clock.seconds()
        if sent is not None and math.isfinite(sent):
            return Reckoning(now, sent)
        return Reckoning(now, grounds.clock.wallTime(), grounds.good, grounds.grace)

    def _decided(self, notice: ReceivedNotice, planning: Planning) -> Iterator[None]:
        """Plan a notice, value by value; what was planned may be done between two of them."""
        unnamed = UnnamedKeys() if notice.isWhole else None
        for value in notice.put:
            planning.put(value, value.key if unnamed is None else unnamed.key(value))
            yield
        for extension in notice.extend:
            planning.extend(extension)
            yield
        for key in notice.remove:
            planning.withdraw(key)
            yield
        if notice.isWhole or notice.isSnapshotEnd:
            for key in self._offers.unsaid(planning.plan.offers):
                self._unsaid(key, planning)
                yield

    def _unsaid(self, key: ElementKey, planning: Planning) -> None:
        offer = self._offers.get(key)
        if self._isGathering and offer is not None and len(offer.path) > 1:
            self._letGo(key, offer, planning.plan)
            planning.plan.offers[key] = None
        else:
            planning.withdraw(key)

    async def _do(self, planning: Planning) -> None:
        planning.crop()
        plan = planning.plan
        if plan.commands:
            unfit = await self._grounds.commits.commitFitting(plan)
            for key, error in unfit.items():
                planning.leaveOut(key, error.message)
        self._offers.write(plan.offers)
        self.isIncomplete = self.isIncomplete or planning.isIncomplete
        planning.done()
