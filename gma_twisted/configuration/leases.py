"""What sections that grant leases have in common."""

from collections.abc import Iterator

from gma_twisted.configuration.kinds import DURATION

__all__ = ["disordered"]


def disordered(least: float, usual: float, most: float) -> Iterator[tuple[str, str, str]]:
    """
    What is wrong between the keys C{min_lifetime}, C{default_lifetime} and C{max_lifetime} of a section.

    @return: a key, a message and a cure
    """
    if least == 0:
        yield "min_lifetime", "must be longer than nothing", 'write "5s", for example'
    low, high = map(DURATION.write, (least, most))
    if not least <= most:
        yield "max_lifetime", "less than min_lifetime", f"write {low} or more"
    elif not least <= usual <= most:
        why = "not between min_lifetime and max_lifetime"
        yield "default_lifetime", why, f"write one from {low} to {high}"
