"""Soft state over time, the clock, and the one bridge between coroutines and Deferreds (ARCHITECTURE rules 2, 6)."""

from gma_twisted.timing.backoff import Backoff
from gma_twisted.timing.bridge import begin, gather, sleep, toDeferred, whenDone, withTimeout
from gma_twisted.timing.clock import NodeClock, bootTime, installBootClock
from gma_twisted.timing.fullest import Fullest, FullestOwner
from gma_twisted.timing.happening import Happening
from gma_twisted.timing.lag import LagProbe
from gma_twisted.timing.leasekeeper import LeaseKeeper
from gma_twisted.timing.leasetable import LeaseTable
from gma_twisted.timing.loglimit import LogLimit
from gma_twisted.timing.ready import Ready
from gma_twisted.timing.slices import Slices
from gma_twisted.timing.sweeper import Sweeper
from gma_twisted.timing.tasks import Task, Tasks, runWithin, spawn
from gma_twisted.timing.tombstones import Tombstone, Tombstones
from gma_twisted.timing.turns import SLICE, Turns

__all__ = [
    "SLICE",
    "Backoff",
    "Fullest",
    "FullestOwner",
    "Happening",
    "LagProbe",
    "LeaseKeeper",
    "LeaseTable",
    "LogLimit",
    "NodeClock",
    "Ready",
    "Slices",
    "Sweeper",
    "Task",
    "Tasks",
    "Tombstone",
    "Tombstones",
    "Turns",
    "begin",
    "bootTime",
    "gather",
    "installBootClock",
    "runWithin",
    "sleep",
    "spawn",
    "toDeferred",
    "whenDone",
    "withTimeout",
]
