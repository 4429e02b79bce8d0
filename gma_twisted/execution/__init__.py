"""Runs providers on their schedules and turns their documents into service data (WIRE 4, Provider rules)."""

from gma_twisted.execution.arguments import describe, fitArguments, readArguments
from gma_twisted.execution.demand import Demand
from gma_twisted.execution.handlers import DefaultHandler
from gma_twisted.execution.manager import MAX_PROVIDERS, ProviderManager
from gma_twisted.execution.quarantine import Quarantine, QuarantineLimits
from gma_twisted.execution.schedule import Schedule, Slot
from gma_twisted.execution.setup import (
    DEFAULT_GRACE,
    DEFAULT_TIMEOUT,
    MIN_INTERVAL,
    ProviderSetup,
)
from gma_twisted.execution.status import STATUS_NAME, ProviderStatus, RunState
from gma_twisted.execution.verify import (
    checkHandler,
    checkLanguage,
    checkProvider,
    checkService,
    checkStore,
)

__all__ = [
    "DEFAULT_GRACE",
    "DEFAULT_TIMEOUT",
    "MAX_PROVIDERS",
    "MIN_INTERVAL",
    "STATUS_NAME",
    "DefaultHandler",
    "Demand",
    "ProviderManager",
    "ProviderSetup",
    "ProviderStatus",
    "Quarantine",
    "QuarantineLimits",
    "RunState",
    "Schedule",
    "Slot",
    "checkHandler",
    "checkLanguage",
    "checkProvider",
    "checkService",
    "checkStore",
    "describe",
    "fitArguments",
    "readArguments",
]
