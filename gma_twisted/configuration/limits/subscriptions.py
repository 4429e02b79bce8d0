"""Bounds of subscriptions, and those that are over."""

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import COUNT, SIZE

__all__ = ["SubscriptionBounds"]

_KIB = 1024
_MIB = 1024**2


@attrs.frozen(slots=False)
class SubscriptionBounds:
    """Of the engines C{subscriptions}, C{ends} and C{placeholders}."""

    subscriptions: int = key(
        COUNT,
        "subscriptions at one service",
        100_000,
        bound="subscriptions.subscriptions",
    )
    subscriptionsPerOwner: int = key(
        COUNT,
        "subscriptions of one owner at one service",
        10_000,
        name="subscriptions_per_owner",
        bound="subscriptions.perOwner",
    )
    subscriptionsBytes: int = key(
        SIZE,
        "all subscriptions at one service together",
        1024 * _MIB,
        name="subscriptions_size",
        bound="subscriptions.bytes",
    )
    subscriptionNames: int = key(
        COUNT,
        "names of one subscription",
        1000,
        name="subscription_names",
        bound="subscriptions.names",
    )
    subscriptionSize: int = key(
        SIZE,
        "one subscription",
        64 * _KIB,
        name="subscription_size",
        bound="subscriptions.size",
    )
    subscriptionsBatch: int = key(
        COUNT,
        "subscriptions one commit touches",
        1000,
        name="subscriptions_batch",
        bound="subscriptions.batch",
    )
    subscriptionsQueued: int = key(
        COUNT,
        "subscriptions commits that wait touch",
        200_000,
        name="subscriptions_queued",
        bound="subscriptions.queued",
    )
    subscriptionTombstones: int = key(
        COUNT,
        "subscriptions at one service that are over and of which the reason is still told",
        10_000,
        name="subscription_tombstones",
        bound="ends.most",
    )
    placeholders: int = key(
        COUNT,
        "place-holders of jobs that are not there, at a `gma-rips` or a `gma-mmjfs`",
        1000,
        bound="placeholders.most",
    )
    placeholdersPerOwner: int = key(
        COUNT,
        "those of them that the subscriptions of one owner are for; whoever shows no identity counts with the network,"
        " a /24 of IPv4 or a /48 of IPv6",
        100,
        name="placeholders_per_owner",
        bound="placeholders.perOwner",
    )
