"""What a notice means for the store, decided value by value (WIRE 5)."""

import attrs

from gma_twisted.aggregation.choice import isNewer, isTaken, saysTheSame
from gma_twisted.aggregation.grounds import Grounds
from gma_twisted.aggregation.lifetimes import Reckoning, areAlike, isNeglected
from gma_twisted.aggregation.names import AskedNames
from gma_twisted.aggregation.offers import OWN_PATH, UNFIT, Offer, Offers, versionOf
from gma_twisted.aggregation.plan import Plan
from gma_twisted.markup import ReceivedValue
from gma_twisted.model import ElementKey, Lifetime, QName, ServiceDataElement
from gma_twisted.soap.notices import ReceivedExtension

__all__ = ["Planning"]


@attrs.define(slots=True, eq=False)
class Planning:
    """
    One notice being decided; nothing is done here.

    @ivar grounds: of all inflows
    @ivar source: the sender's handle, as text
    @ivar names: what it was asked for
    @ivar offers: what it offered before
    @ivar reckoning: from its wall times to our clock
    @ivar plan: what has been decided
    @ivar isIncomplete: whether the notice shows that something was missed
    """

    grounds: Grounds
    source: str
    names: AskedNames
    offers: Offers
    reckoning: Reckoning
    plan: Plan = attrs.field(factory=Plan, init=False)
    isIncomplete: bool = attrs.field(default=False, init=False)
    # Name and originator of the last value that is meant: most of a notice have the same.
    _meant: tuple[QName, str] | None = attrs.field(default=None, init=False, repr=False)

    def put(self, value: ReceivedValue, key: str) -> None:
        """The source has a value. @param key: the value's, or the one it gets"""
        identity = self._identity(value, key)
        if identity is None:
            return
        now = self.reckoning.now
        lifetime = self.reckoning.ofValue(value)
        if lifetime.isGone(now):
            self.grounds.counts.late += 1
            self.withdraw(identity)
            return
        offer = self.grounds.routes.offer(value.path)
        if not offer.isTaken:
            self._refuse(identity, offer)
            return
        present = self._present(identity)
        element = ServiceDataElement(
            # The key that is there already, so that it is kept once.
            identity if present is None else present.key,
            value.head,
            value.tail,
            lifetime,
            value.created or 0.0,
            offer.path,
            value.sequence,
        )
        if present is None or present.path == element.path:
            # By the way the one here came: what the source offered before does not matter.
            self.plan.offers[element.key] = offer
            if present is None:
                self._write(element)
            else:
                self._replace(present, element)
            return
        before = self._offer(element.key)
        self.plan.offers[element.key] = offer
        if isTaken(element, present, before, now):
            self._replace(present, element)
        else:
            self._leave(present, element)

    def extend(self, extension: ReceivedExtension) -> None:
        """A value the source has holds for another time."""
        key, now = extension.key, self.reckoning.now
        if not self._isMeant(key.name, key.originator):
            return
        offer = self._offer(key)
        if offer is not None and not offer.isTaken:
            return
        present = self._present(key)
        began = now if present is None else present.lifetime.goodFrom
        lifetime = self.reckoning.ending(began, extension.goodUntil, extension.availableUntil)
        if lifetime.isGone(now):
            self.grounds.counts.late += 1
            self.withdraw(key)
        elif offer is None or present is None:
            # A snapshot that is under way will say it; or it may be one of those there was no room for.
            isMissed = not (self.offers.isSnapshot or (offer is None and self.offers.beyond))
            self.isIncomplete = self.isIncomplete or isMissed
        elif present.path == offer.path:
            self._prolong(present, lifetime)
        elif isNeglected(present.lifetime, lifetime, now):
            self._takeOver(present, offer, lifetime)

    def withdraw(self, key: ElementKey) -> None:
        """The source has the value no more."""
        offer = self._offer(key)
        if offer is None:
            return
        self.plan.offers[key] = None
        present = self._present(key)
        if present is not None and present.path == offer.path:
            self.plan.remove(present.key)
            self.grounds.counts.removed += 1

    def crop(self) -> None:
        """Leave out what the source offers beyond what is remembered, and beyond what copies may take of the store."""
        excess = self.offers.excess(self.plan.offers)
        if excess:
            self.plan.drop(excess)
            self.offers.leaveOut(len(excess))
            self.grounds.counts.unfit += len(excess)
            for key in excess:
                # What it had before under the key is not known to be true any more.
                self.withdraw(key)
        commits = self.grounds.commits
        homeless = commits.room.excess(self.plan.written, commits.present)
        if homeless:
            self.plan.drop(homeless)
            for key, why in homeless.items():
                if commits.present(key) is None:
                    self.offers.leaveOut(1, why)
                    self.grounds.counts.unfit += 1
                else:
                    self.leaveOut(key, why)

    def leaveOut(self, key: ElementKey, why: str) -> None:
        """The store has no room for a value that the source put."""
        self.plan.offers[key] = UNFIT
        self.offers.whyUnfit = why
        self.grounds.counts.unfit += 1

    def done(self) -> None:
        """What was planned has been done; what comes now is another plan."""
        self.plan = Plan()

    def _identity(self, value: ReceivedValue, key: str) -> ElementKey | None:
        """Which value it is; C{None} for one that is not to be taken, whoever sends it."""
        name, originator = value.name, value.originator
        if not self._isMeant(name, originator):
            return None
        if originator:
            return ElementKey(name, self.grounds.originators.shared(originator), key)
        self.grounds.counts.foreign += 1
        return ElementKey(name, self.source, key)

    def _isMeant(self, name: QName, originator: str) -> bool:
        said = (name, originator)
        if said == self._meant:
            return True
        counts = self.grounds.counts
        if name not in self.names:
            counts.unasked += 1
            return False
        if self.grounds.originators.isOwn(originator):
            counts.ownOriginator += 1
            return False
        self._meant = said
        return True

    def _refuse(self, key: ElementKey, offer: Offer) -> None:
        counts = self.grounds.counts
        if offer is OWN_PATH:
            counts.ownPath += 1
        else:
            counts.tooFar += 1
        # It is remembered that the source has it, so that its extensions are known to be of no concern. What came by
        # this source before stays until its lifetime ends: nothing says that it is not true any more.
        self.plan.offers[key] = offer

    def _write(self, element: ServiceDataElement) -> None:
        self.plan.put(element)
        self.grounds.counts.put += 1

    def _replace(self, present: ServiceDataElement, element: ServiceDataElement) -> None:
        if (
            saysTheSame(present, element)
            and present.path == element.path
            and versionOf(present) == versionOf(element)
        ):
            self._prolong(present, element.lifetime)
        else:
            self._write(element)

    def _leave(self, present: ServiceDataElement, element: ServiceDataElement) -> None:
        counts = self.grounds.counts
        counts.beside += 1
        if saysTheSame(element, present):
            self.plan.offers[element.key] = Offer(element.path, versionOf(present))
        elif isNewer(present, element):
            counts.older += 1

    def _prolong(self, present: ServiceDataElement, lifetime: Lifetime) -> None:
        if not areAlike(present.lifetime, lifetime, self.reckoning.now):
            self.plan.extend(present, lifetime)
            self.grounds.counts.extended += 1

    def _takeOver(self, present: ServiceDataElement, offer: Offer, lifetime: Lifetime) -> None:
        """Let this way keep the value from now on; it may have to say first what it has."""
        if offer.version == versionOf(present):
            self._write(attrs.evolve(present, lifetime=lifetime, path=offer.path))
            self.plan.offers[present.key] = self.grounds.routes.offer(offer.path[:-1])
        elif present.lifetime.isStale(self.reckoning.now):
            self.isIncomplete = True

    def _offer(self, key: ElementKey) -> Offer | None:
        if key in self.plan.offers:
            return self.plan.offers[key]
        return self.offers.get(key)

    def _present(self, key: ElementKey) -> ServiceDataElement | None:
        stored = self.grounds.commits.present(key)
        # A key that is kept is found sooner than one that only equals it.
        key = key if stored is None else stored.key
        return self.plan.written.get(key, stored)
