"""What the audit says that became of a call which was answered without a fault, and of a page."""

from typing import Any

from gma_twisted.model import RenewalResult
from gma_twisted.model.deed import PARTIAL, UNKNOWN

__all__ = ["resultOf", "resultOfPage"]


def resultOf(value: Any) -> str:
    """
    What became of an operation: of one that is asked about several things at once, whether some were not there.

    @param value: what the role's method gave
    @return: C{ok}, L{PARTIAL} or L{UNKNOWN}, these very objects
    """
    if type(value) is not list or not value or type(value[0]) is not RenewalResult:
        return "ok"
    unknown = sum(one.lifetime is None for one in value)
    if not unknown:
        return "ok"
    return UNKNOWN if unknown == len(value) else PARTIAL


def resultOfPage(status: int, isAnswered: bool) -> str:
    """
    What became of a request for a page.

    @param status: of HTTP
    @param isAnswered: whether the caller waited for the answer
    @return: C{ok}, the status of an answer that says otherwise, or L{UNKNOWN}
    """
    if not isAnswered:
        return UNKNOWN
    return "ok" if status < 400 else str(status)
