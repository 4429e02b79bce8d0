"""The garbage collector's manners in a process that keeps a million small things."""

import gc

__all__ = ["keepLoaded", "settleMemory"]

# Objects made before a collection of the young ones; collections before one of the middle-aged, and of all. An object
# that stays is walked over about twice whatever these are; the first two say how many at once: 30,000 take 5 to 10 ms,
# and 400,000 held the reactor for 75 to 115 ms while 100,000 registrations were loaded.
_YOUNG, _MIDDLE, _OLD = 10_000, 1, 2_000


def settleMemory() -> None:
    """
    Keep the garbage collector from walking over what stays for ever; for the moment a node has started.

    With a million leases one collection of everything held the reactor for 40 ms, without for 2 ms (measured).
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_YOUNG, _MIDDLE, _OLD)


def keepLoaded() -> None:
    """
    The same for what was loaded since; for the moment all of it is.

    Nothing is collected before: that would be the walk over a million rows that L{settleMemory} avoids. Rows are
    freed all the same when nobody needs them any more.
    """
    gc.freeze()
