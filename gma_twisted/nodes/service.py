"""A node as a Twisted service: the order in which it starts and stops."""

from collections.abc import Callable

from twisted.application.service import Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger

from gma_twisted.errors import GMAError, ServiceError
from gma_twisted.nodes.control import NodeControl
from gma_twisted.nodes.drain import drain
from gma_twisted.nodes.listening import Listening
from gma_twisted.nodes.part import Part, reasonOf
from gma_twisted.nodes.state import StateDirectory
from gma_twisted.timing import NodeClock, Task, spawn, toDeferred
from gma_twisted.transport import GateFactory

__all__ = ["NodeService"]

log = Logger()


class NodeService(Service):
    """
    One node.

    It starts in this order: lock the state directory, bind the ports, make the handles of the bound ports, load
    what is kept, fill the stores, answer, register elsewhere. No connection is accepted before the reactor turns; a
    service that is not whole by then says so. It stops in the other: close the ports, finish answers up to a bound,
    unregister, end the providers, close what is kept, unlock.
    """

    def __init__(
        self,
        control: NodeControl,
        clock: NodeClock,
        state: StateDirectory,
        listening: Listening,
        gates: GateFactory,
        host: Callable[[str, str, int], Part],
        stopSeconds: float,
        halt: Callable[[str], None],
        started: Callable[[], None],
    ) -> None:
        """
        @param control: told the base URL
        @param host: makes what is served, of base URL, node id and epoch
        @param stopSeconds: how long answers may take when the node stops
        @param halt: ends the process, badly, when the node turns out later not to be able to start, or to stop
        @param started: called when everything that is kept has been loaded and is served
        """
        self.control = control
        self._clock = clock
        self._state = state
        self._listening = listening
        self._gates = gates
        self._host = host
        self._stopSeconds = stopSeconds
        self._halt = halt
        self._started = started
        self._isBound = False
        self._hosted: Part | None = None
        self._starting: Task | None = None
        self._failure: GMAError | None = None

    def privilegedStartService(self) -> None:
        """
        Take what another node may have: the state directory and the ports.

        @raise ConfigError: it has; nothing is kept then
        @raise GMAError: what is served cannot be made
        """
        self._state.open()
        try:
            nodeId = self._state.nodeId()
            epoch = self._state.nextEpoch(self._clock.wallTime())
            url = self._listening.open(self._gates)
        except GMAError:
            self._state.close()
            raise
        self._isBound = True
        self._gates.listener.address = url
        self.control.baseUrl = url
        try:
            self._hosted = self._host(url, nodeId, epoch)
        except (Exception, SystemExit, KeyboardInterrupt) as error:
            raise _oneLine(error, "does not start") from error

    def startService(self) -> None:
        """
        Begin to serve.

        @raise GMAError: it cannot; what takes longer and fails then ends the process
        """
        if not self._isBound:
            self.privilegedStartService()
        super().startService()  # type: ignore[no-untyped-call]
        self.control.phase = "starting"
        isNow = True

        async def start() -> None:
            assert self._hosted is not None
            try:
                await self._hosted.start()
            except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 (else it starts for ever)
                if isinstance(error, CancelledError) and self.control.phase == "stopping":
                    return
                failure = _oneLine(error, "does not start")
                if isNow:
                    self._failure = failure
                else:
                    self._halt(failure.message)
            else:
                # Loading may end while the node is stopping already.
                if self.control.phase == "starting":
                    self.control.phase = ""
                self._started()
                self._announce()

        self._starting = spawn(start(), "starting the node")
        isNow = False
        if self._failure is not None:
            raise self._failure
        self.control.probe.start()

    def stopService(self) -> Deferred[None]:
        """Stop serving; see the class for the order."""
        super().stopService()  # type: ignore[no-untyped-call]
        return toDeferred(self._stop())

    async def _stop(self) -> None:
        self.control.phase = "stopping"
        try:
            await self._end()
        except (Exception, SystemExit, KeyboardInterrupt) as error:  # noqa: BLE001 (nobody else hears of it)
            self._halt(_oneLine(error, "has not stopped well").message)
        else:
            log.info("{name} has stopped", name=self.control.name)

    async def _end(self) -> None:
        try:
            await self._listening.close()
            await drain(self._gates.listener.gates, self._clock, self._stopSeconds)
            if self._starting is not None:
                self._starting.cancel()
                await self._starting.wait()
            if self._hosted is not None:
                await self._hosted.stop()
        finally:
            self.control.probe.stop()
            self._isBound = False
            self._state.close()

    def _announce(self) -> None:
        control = self.control
        wsdl = f"{control.baseUrl}{control.services()[0]}?wsdl"
        log.info(
            "{name} ({kind} {version}) serves, state in {state}",
            name=control.name,
            kind=control.kind,
            version=control.version,
            state=str(self._state.path),
        )
        log.info("status page  {url}/", url=control.baseUrl)
        log.info("WSDL         {url}", url=wsdl)
        log.info("try          curl {url}/api/v1/status", url=control.baseUrl)
        log.info("try          curl '{url}'", url=wsdl)
        log.info("try          python -m zeep '{url}'", url=wsdl)


def _oneLine(error: BaseException, fault: str) -> GMAError:
    """What ends a node, for one line; of what nobody foresaw the log has the traceback."""
    if isinstance(error, GMAError):
        return error
    log.failure("the node {fault}", fault=fault)
    return ServiceError(f"the node {fault}: {reasonOf(error)}")
