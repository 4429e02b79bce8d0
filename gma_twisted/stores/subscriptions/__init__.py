"""Where subscriptions are kept: one store, in memory; a recorder decides how durable it is."""

from gma_twisted.stores.subscriptions.limits import SubscriptionLimits
from gma_twisted.stores.subscriptions.store import SubscriptionStore

__all__ = ["SubscriptionLimits", "SubscriptionStore"]
