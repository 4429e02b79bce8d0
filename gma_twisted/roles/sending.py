"""Who sends the events of a subscription: the node, its producer's class, or nobody."""

from urllib.parse import urlsplit

import attrs
from twisted.logger import Logger

from gma_twisted.errors import ParameterError, Refused, cut
from gma_twisted.interfaces.events import IEventEngine
from gma_twisted.model import Caller
from gma_twisted.model.gma import Terms
from gma_twisted.roles.producer import ProducerServer, PublishingProducer

__all__ = ["Sending"]

log = Logger()


@attrs.frozen(slots=True, eq=False)
class Sending:
    """
    Where the events of one producer may go, and by whom.

    @ivar server: what somebody wrote; it may send by itself
    @ivar engine: sends what is published
    @ivar name: of the server, in errors
    """

    server: ProducerServer
    engine: IEventEngine
    name: str

    async def isByNode(self, terms: Terms, caller: Caller) -> bool:
        """
        Whether the engine sends what is asked for, where it is asked for; else the class does.

        @raise ParameterError: nobody sends there, or the class takes no such
        @raise RequestError: the engine may not, and nobody else would send it; or nobody could
        """
        return self._isSent(terms.dataUrl) and await self._maySend(terms, caller)

    def _isSent(self, dataUrl: str) -> bool:
        """
        Whether the engine sends to a URL.

        @raise ParameterError: nobody does, or the class takes no such
        """
        try:
            scheme = urlsplit(dataUrl).scheme
        except ValueError:
            scheme = ""
        if not scheme:
            raise ParameterError(
                f'"{cut(dataUrl)}" is no data URL such as http://host:8491/services/consumer',
                parameter="dataUrl",
            )
        allowed = self.server.dataSchemes
        if allowed is not None and scheme not in allowed:
            raise ParameterError(
                f'{self.name} takes no data URL such as "{cut(dataUrl)}"; it takes {", ".join(allowed)}',
                parameter="dataUrl",
            )
        if scheme in self.engine.schemes:
            return True
        if self._sendsItself():
            return False
        raise ParameterError(
            f'no events can be sent to "{cut(dataUrl)}"; here they go to {", ".join(self.engine.schemes)}',
            parameter="dataUrl",
        )

    async def _maySend(self, terms: Terms, caller: Caller) -> bool:
        """
        Whether the engine may send what is asked for, where it is asked for.

        @raise RequestError: it may not, and nobody else would send it; or nobody could
        """
        try:
            await self.engine.check(terms, caller)
        except Refused as error:
            # To consumers the node sends, or nobody; lines a class may send by itself.
            if self.server.isSentByNode or terms.dataUrl.lower().startswith("http"):
                raise
            log.info(
                "{server} alone sends a subscription, the node does not: {why}",
                server=self.name,
                why=error.message,
            )
            return False
        return True

    def _sendsItself(self) -> bool:
        own = getattr(type(self.server), "doSubscribe", None)
        return own is not PublishingProducer.doSubscribe
