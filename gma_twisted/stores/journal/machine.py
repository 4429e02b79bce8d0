"""What of a stored instant is left after the machine was started again (RELIABILITY P4, P6)."""

import uuid
from pathlib import Path

import attrs

__all__ = ["Anchor", "machineBoot", "shiftSince"]

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def machineBoot() -> str:
    """
    What tells this start of the machine from all others.

    Where the system does not say, it is new each time: instants are then carried over by the wall clock.
    """
    try:
        return _BOOT_ID.read_text("ascii").strip()
    except (OSError, ValueError):
        return str(uuid.uuid4())


@attrs.frozen(slots=True)
class Anchor:
    """
    One moment on both clocks of a machine.

    @ivar boot: start of the machine the first clock belongs to
    @ivar clock: on the node's clock
    @ivar wall: seconds since 1970
    """

    boot: bytes
    clock: float
    wall: float


def shiftSince(last: Anchor, now: Anchor) -> float:
    """
    What to add to instants of an earlier start of the machine to have them on the clock of this one.

    Nothing when it is the same start. Else what was left of them at C{last} is left of them now, less the time that
    passed on the wall clock; a wall clock that was set back takes nothing away. Infinity stays what it is.

    @param last: the latest moment known of the start the instants belong to
    """
    if last.boot == now.boot:
        return 0.0
    return now.clock - last.clock - max(0.0, now.wall - last.wall)
