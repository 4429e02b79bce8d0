"""Numbers as people read them."""

from math import floor, inf, isfinite, log10

from gma_twisted.errors import ParameterError
from gma_twisted.markup.xsd import readDateTime

__all__ = ["milliseconds", "since", "span", "until"]

_UNITS = ((86400, "d"), (3600, "h"), (60, "min"), (1, "s"))
_DIGITS = 3


def span(seconds: float) -> str:
    """A duration in its two largest units, C{2 h 5 min}; C{0 s} below a second."""
    rest = int(seconds)
    parts: list[tuple[int, str]] = []
    for size, unit in _UNITS:
        count, rest = divmod(rest, size)
        if count or parts:
            parts.append((count, unit))
    shown = [f"{count} {unit}" for count, unit in parts[:2] if count]
    return " ".join(shown) or "0 s"


def milliseconds(seconds: str) -> str:
    """A duration written in seconds, in milliseconds with three digits that count; what is no number as it is."""
    try:
        value = float(seconds) * 1000
    except ValueError:
        return seconds
    if not isfinite(value):
        return seconds
    if not value:
        return "0"
    digits = _DIGITS - 1 - floor(log10(abs(value)))
    return f"{round(value, digits):.{max(0, digits)}f}"


def until(instant: str, now: float) -> str:
    """
    How far away an instant is, C{in 4 s}; C{now} when it has come, what is no instant as it is.

    @param instant: a dateTime
    @param now: seconds since 1970
    """
    try:
        away = readDateTime(instant) - now
    except ParameterError:
        return instant
    if away == inf:
        return instant
    return f"in {span(away)}" if away >= 1 else "now" if away <= 0 else "in 1 s"


def since(instant: str, now: float) -> str:
    """How long ago an instant was, C{4 s ago}; C{now} below a second, what is no instant as it is."""
    try:
        ago = now - readDateTime(instant)
    except ParameterError:
        return instant
    return f"{span(ago)} ago" if 1 <= ago < inf else "now" if ago < 1 else instant
