"""C{gma load}: service data that clients set, from files."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import attrs
import click

from gma_twisted.client import Proxy
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.command.calling import passCaller
from gma_twisted.command.failures import Exit, Failure, failureOf
from gma_twisted.command.output import say
from gma_twisted.command.parameters import timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.errors import GMAError, PartialFailure, RequestError, TooLarge
from gma_twisted.markup import XMLGate, nameOf, serialise
from gma_twisted.markup.namespaces import OGSI, SD, ogsi
from gma_twisted.model import QName
from gma_twisted.soap.porttypes import GRID_SERVICE

__all__ = ["load"]

_MOST_VALUES = 1000
_MOST_BYTES = 256 * 1024
_LISTS = (QName(SD, "serviceDataValues"), ogsi("setByServiceDataNames"))

_Named = tuple[QName, Sequence[bytes]]


def _readFiles(paths: Iterable[Path]) -> Sequence[_Named]:
    """
    The values of all files, by name: setting some of a name replaces the others.

    @raise Failure: a file cannot be read, or has no values
    """
    gate = XMLGate()
    found: dict[QName, list[bytes]] = {}
    for path in paths:
        try:
            root = gate.parse(path.read_bytes(), str(path))
        except OSError as error:
            raise Failure(f"{path} cannot be read: {error.strerror}", Exit.NO) from None
        except GMAError as error:
            raise Failure(error.message, Exit.NO) from None
        values = list(root) if nameOf(root) in _LISTS else [root]
        if not values:
            raise Failure(f"{path} has no values", Exit.NO)
        for value in values:
            found.setdefault(nameOf(value), []).append(serialise(value))
    return list(found.items())


def _batches(named: Iterable[_Named]) -> Iterator[Sequence[_Named]]:
    """What goes into one message each: the values of a name stay together."""
    batch: list[_Named] = []
    count = size = 0
    for name, values in named:
        more = sum(map(len, values))
        if batch and (count + len(values) > _MOST_VALUES or size + more > _MOST_BYTES):
            yield batch
            batch, count, size = [], 0, 0
        batch.append((name, values))
        count += len(values)
        size += more
    yield batch


@attrs.define(slots=True, eq=False)
class _Loading:
    """
    Setting many names.

    @ivar service: whose service data it is
    @ivar outcome: by name: why it was not set, or may not have been; C{None} when it was
    """

    service: Proxy
    outcome: dict[str, GMAError | None] = attrs.field(factory=dict)

    def run(self, batches: Iterable[Sequence[_Named]], advance: Callable[[int], object]) -> None:
        """
        Set all; what would meet every other name as well ends it.

        @param advance: told of how many names more something is known
        """
        stopped: GMAError | None = None
        for batch in batches:
            try:
                if stopped is None:
                    self._set(batch)
            except GMAError as error:
                stopped = error
            for name, _ in batch:
                self.outcome.setdefault(name.clark, stopped)
            advance(len(batch))

    def _set(self, batch: Sequence[_Named]) -> None:
        """In one message; when it is too large, in one each. @raise GMAError: no answer, or no willing service"""
        asked = [name.clark for name, _ in batch]
        values = b"".join(value for _, found in batch for value in found)
        expression = b'<ogsi:setByServiceDataNames xmlns:ogsi="%b">%b</ogsi:setByServiceDataNames>'
        failures: dict[str, GMAError] = {}
        try:
            finished(self.service.setServiceData(expression % (OGSI.encode(), values)))
        except TooLarge as error:
            if len(batch) > 1:
                for one in batch:
                    self._set([one])
                return
            failures = dict.fromkeys(asked, error)
        except PartialFailure as error:
            failures = dict(error.failures)
            if not failures or not failures.keys() <= set(asked):
                # What cannot be told apart may speak of any of them.
                failures = dict.fromkeys(asked, error)
        except RequestError as error:
            failures = dict.fromkeys(asked, error)
        self.outcome.update({name: failures.get(name) for name in asked})

    def tell(self) -> None:
        """Say what became of it. @raise Failure: not all of it was done"""
        causes: dict[GMAError, list[str]] = {}
        for name, error in self.outcome.items():
            if error is not None:
                causes.setdefault(error, []).append(name)
        total, failed = len(self.outcome), sum(map(len, causes.values()))
        if not failed:
            say(f"{total} names set at {self.service.handle}")
            return
        for error, names in causes.items():
            say(f"{', '.join(names)}: {failureOf(error).message}")
        status = Exit.PARTIAL
        if failed == total:
            statuses = {failureOf(error).status for error in causes}
            status = statuses.pop() if statuses == {Exit.UNREACHABLE} else Exit.FAULT
        raise Failure(f"{failed} of {total} names were not set at {self.service.handle}", status)


@click.command()
@click.argument("node", type=NODE)
@click.argument(
    "files",
    metavar="FILE...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
)
@timeoutOption
@passCaller
def load(caller: BlockingCaller, node: Place, files: Sequence[Path], timeout: float) -> None:
    """Set service data of NODE to what is in FILE.

    FILE is one value, or sd:serviceDataValues as gma get prints them. The values of a name
    replace those it had, unless it is declared extendable.

    Example: gma load 127.0.0.1:8480 site.xml
    """
    named = _readFiles(files)
    loading = _Loading(Proxy([GRID_SERVICE], node.service(caller, timeout), caller, timeout))
    with _progress(len(named)) as advance:
        loading.run(_batches(named), advance)
    loading.tell()


@contextmanager
def _progress(total: int) -> Iterator[Callable[[int], object]]:
    if not sys.stderr.isatty():
        yield lambda count: None
        return
    # Here, because it takes as long to import as a node takes to answer.
    from rich.console import Console  # noqa: PLC0415
    from rich.progress import Progress  # noqa: PLC0415

    with Progress(console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("names", total=total)
        yield lambda count: progress.advance(task, count)
