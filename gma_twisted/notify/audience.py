"""Who hears of one topic, and how far each of them is behind."""

from collections.abc import Callable

import attrs

from gma_twisted.notify.channel import Channel
from gma_twisted.notify.feed import Feed

__all__ = ["Audience"]


@attrs.define(slots=True, eq=False)
class Audience:
    """
    The subscribers of one topic.

    @ivar channel: what they share
    @ivar ends: called when nobody hears of it any more; ends what tells the channel
    @ivar feeds: one of each
    @ivar behind: those that have something to tell
    """

    channel: Channel
    ends: Callable[[], None]
    feeds: set[Feed] = attrs.field(factory=set)
    behind: set[Feed] = attrs.field(factory=set)

    def allBehind(self) -> set[Feed]:
        """Something happened. @return: everybody"""
        self.behind.update(self.feeds)
        return self.feeds

    def left(self, feed: Feed) -> None:
        """Somebody is not behind any more."""
        if feed in self.behind:
            self.behind.discard(feed)
            if not self.behind:
                self.channel.caughtUp()
