"""C{gma estimate}: what a subscription at a producer would bring, before it is made."""

import attrs
import click

from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.client.gma import ProducerProxy
from gma_twisted.command.asxml import asXML
from gma_twisted.command.calling import passCaller
from gma_twisted.command.output import Format, Table, formatOption, show
from gma_twisted.command.parameters import Parameter, timeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.errors import ParameterError
from gma_twisted.model.estimate import Estimate
from gma_twisted.netlogger.dataurl import LineFormat

__all__ = ["estimate"]


def _readRate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        rate = 0.0
    if not 0.0 < rate < float("inf"):
        raise ParameterError(f'"{text}" is no number of events a second, more than 0')
    return rate


_RATE = Parameter("number", _readRate)


async def _asked(
    url: str,
    caller: BlockingCaller,
    template: str,
    filter: str | None,
    encoding: str | None,
    rate: float | None,
    timeout: float,
) -> Estimate:
    producer = await ProducerProxy.connect(url, caller, timeout)
    return await producer.estimate(template, filter, encoding, rate)


@click.command()
@click.argument("node", type=NODE)
@click.argument("template")
@click.option("--filter", metavar="TEXT", help='What must be true of them, "Bandwidth > 100 Mb/s".')
@click.option(
    "--format",
    "encoding",
    type=click.Choice([one.value for one in LineFormat]),
    help="How they would be written.  [default: as the producer usually does]",
)
@click.option("--rate", type=_RATE, help="Most events a second that would be asked for.")
@formatOption()
@timeoutOption
@passCaller
def estimate(
    caller: BlockingCaller,
    node: Place,
    template: str,
    filter: str | None,
    encoding: str | None,
    rate: float | None,
    format: Format,
    timeout: float,
) -> None:
    """How many events and bytes a second a subscription would bring.

    NODE is a producer, or a node that has one; TEMPLATE names the events, host.* for example.
    Nobody is subscribed, and nothing is started that runs on demand. What is reckoned from the
    past is told too.

    Example: gma estimate 127.0.0.1:8490 'glue.*' --rate 2
    """
    url = node.base + node.path
    found = finished(_asked(url, caller, template, filter, encoding, rate, timeout))
    said = attrs.asdict(found)
    show(
        format,
        lambda: Table(
            ["EVENTS", "BYTES", "RECKONED FROM"],
            [[f"{found.eventsPerSecond:.4g}", f"{found.bytesPerSecond:.4g}", found.basis]],
        ),
        lambda: said,
        lambda: asXML("estimate", said),
    )
