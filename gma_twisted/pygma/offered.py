"""What a producer offered a consumer, for programs that wait."""

import attrs

from gma_twisted.pygma.reactor import inReactor, refuseToWait
from gma_twisted.roles.offers import Offer

__all__ = ["Offered"]


@attrs.frozen(slots=True, eq=False)
class Offered:
    """A subscription that the producer began, see L{Offer <gma_twisted.roles.offers.Offer>}."""

    _offer: Offer

    @property
    def isThere(self) -> bool:
        """Whether the consumer has agreed, as far as is known."""
        return self._offer.isThere

    def end(self) -> None:
        """Want it no longer. Called again, nothing happens. @raise ServiceError: in the thread of the reactor"""
        refuseToWait("end()", "return or await the end() of the offer itself there")
        inReactor(self._offer.end)
