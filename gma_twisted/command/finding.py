"""What C{gma doctor} finds."""

import attrs

__all__ = ["Finding"]


@attrs.frozen(slots=True)
class Finding:
    """
    What was looked at, and how it is.

    @ivar about: what was looked at, in a word or two
    @ivar said: how it is, naming the thing, in a sentence
    @ivar cure: what to try; empty when nothing is wrong
    """

    about: str
    said: str
    cure: str = ""

    @property
    def isGood(self) -> bool:
        """Whether nothing is wrong."""
        return not self.cure
