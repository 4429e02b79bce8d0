"""How many lines of one kind may be logged: who sends nonsense must not fill the disk."""

from twisted.internet.interfaces import IReactorTime

__all__ = ["LogLimit"]


class LogLimit:
    """So many lines a second; what is left out is counted and told with the next one."""

    __slots__ = ("_clock", "_left", "_perSecond", "_since", "_unsaid")

    def __init__(self, clock: IReactorTime, perSecond: int = 20) -> None:
        """@param perSecond: lines in any second at most"""
        self._clock = clock
        self._perSecond = perSecond
        self._left = perSecond
        self._since = clock.seconds()
        self._unsaid = 0

    def admit(self) -> int | None:
        """
        Ask before logging.

        @return: how many lines were left out before this one; C{None} when this one is to be left out too
        """
        now = self._clock.seconds()
        if now - self._since >= 1.0:
            self._since = now
            self._left = self._perSecond
        if not self._left:
            self._unsaid += 1
            return None
        self._left -= 1
        unsaid, self._unsaid = self._unsaid, 0
        return unsaid
