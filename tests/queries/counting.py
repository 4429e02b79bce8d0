"""What code costs, without a clock: how many calls of functions there are."""

import sys
from collections.abc import Callable
from types import FrameType

_ROOM = "/gma_twisted/queries/"


def callsOf(action: Callable[[], object]) -> int:
    """How many functions of the room of queries are called while something is done."""
    count = 0

    def called(frame: FrameType, event: str, _: object) -> None:
        nonlocal count
        count += event == "call" and _ROOM in frame.f_code.co_filename

    sys.setprofile(called)
    try:
        action()
    finally:
        sys.setprofile(None)
    return count
