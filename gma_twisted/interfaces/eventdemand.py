"""Who is subscribed to events of what names, and who wants to know: sensors that run only while somebody is."""

from collections.abc import Awaitable, Mapping

from zope.interface import Interface

__all__ = ["IEventDemand"]


class IEventDemand(Interface):
    """
    Is told what is asked of a producer. Names are those of templates, so each may be a glob; a rate is events a second,
    C{inf} for all there are.
    """

    def begun(name: str, rate: float) -> None:
        """Somebody is subscribed to events of a name, at most so many a second."""

    def ended(name: str, rate: float) -> None:
        """Somebody of whom L{begun} told is no more."""

    def asked(name: str) -> Awaitable[object] | None:
        """
        Somebody asks what there is.

        @return: to be waited for before the answer, so that it is of now; C{None} when there is nothing to wait for
        """

    def expected(name: str, rate: float) -> Mapping[str, float | None]:
        """
        What would run on demand of somebody who subscribed so; nothing is started.

        @return: by source of events, how many seconds there would be between two runs; C{None} of one that has never
            given anything: nobody knows what it gives
        """
