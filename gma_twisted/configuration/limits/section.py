"""The one section that has the bounds of every engine."""

from collections.abc import Iterator
from typing import Any

import attrs

from gma_twisted.configuration.declaration import keys
from gma_twisted.configuration.kinds import DURATION
from gma_twisted.configuration.limits.aggregation import AggregationBounds
from gma_twisted.configuration.limits.answering import AnsweringBounds
from gma_twisted.configuration.limits.collection import CollectionBounds
from gma_twisted.configuration.limits.creation import CreationBounds
from gma_twisted.configuration.limits.directory import DirectoryBounds
from gma_twisted.configuration.limits.events import EventBounds
from gma_twisted.configuration.limits.gate import GateBounds
from gma_twisted.configuration.limits.identity import IdentityBounds
from gma_twisted.configuration.limits.notices import NoticeBounds
from gma_twisted.configuration.limits.questions import QuestionBounds
from gma_twisted.configuration.limits.registry import RegistryBounds
from gma_twisted.configuration.limits.store import StoreBounds
from gma_twisted.configuration.limits.streams import StreamBounds
from gma_twisted.configuration.limits.subscriptions import SubscriptionBounds
from gma_twisted.configuration.limits.xml import XMLBounds

__all__ = ["LimitsSection"]

_MOST_WORKERS = 64


# attrs takes the keys of the last one first; the documentation shows them in that order.
@attrs.frozen(slots=True)
class LimitsSection(
    DirectoryBounds,
    StreamBounds,
    EventBounds,
    IdentityBounds,
    CreationBounds,
    AggregationBounds,
    NoticeBounds,
    SubscriptionBounds,
    RegistryBounds,
    StoreBounds,
    CollectionBounds,
    XMLBounds,
    GateBounds,
    QuestionBounds,
    AnsweringBounds,
):
    """C{[limits]}: what a request, a document, the store and a stop may take at most."""

    def of(self, engine: str) -> dict[str, Any]:
        """
        The bounds of one engine.

        @param engine: C{gate}, C{exchange}, C{xml}, C{quarantine}, C{store}, C{registry}, C{tombstones},
            C{subscriptions}, C{ends}, C{placeholders}, C{notices}, C{notifier}, C{delivery}, C{aggregator},
            C{intake}, C{factory}, C{events}, C{eventplane}, C{eventvalues}, C{consuming}, C{subscribing},
            C{roles}, C{streams}, C{listening}, C{order}, C{directory}, C{attempts}, C{nonces}, C{query},
            C{question}, C{pool} or C{stop}
        @return: by the engine's own names
        """
        found = {}
        for one in keys(LimitsSection):
            owner, _, bound = one.bound.partition(".")
            if owner == engine:
                found[bound] = getattr(self, one.attribute)
        return found

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        for one in keys(LimitsSection):
            if one.kind is DURATION and getattr(self, one.attribute) == 0:
                cure = f"write {one.kind.write(one.default)}, for example"
                yield one.name, "must be longer than nothing", cure
        for least, usual, most, what in (
            (
                self.aggregatedMinLifetime,
                self.aggregatedLifetime,
                self.aggregatedMaxLifetime,
                "lifetime",
            ),
            (
                self.aggregatedMinInterval,
                self.aggregatedInterval,
                self.aggregatedMaxInterval,
                "interval",
            ),
        ):
            if not least <= usual <= most:
                why = f"not between aggregated_min_{what} and aggregated_max_{what}"
                cure = f"write one from {DURATION.write(least)} to {DURATION.write(most)}"
                yield f"aggregated_{what}", why, cure
        if self.queryWorkers > _MOST_WORKERS:
            yield "query_workers", f"more than {_MOST_WORKERS}", "write 2, for example"
        if self.aggregatedBatch >= self.storeBatch:
            why = "not less than store_batch"
            yield "aggregated_batch", why, f"write less than {self.storeBatch}, or store_batch more"
