"""What the benchmarks of notification agree on: which sinks there are, where they are, and what they are told."""

__all__ = [
    "BLACK_HOLE",
    "FEW",
    "HEALTHY",
    "NAME",
    "RESETTING",
    "SLOW",
    "kindOf",
    "needle",
    "sinkURL",
    "valueXML",
]

HEALTHY, BLACK_HOLE, SLOW, RESETTING = range(4)
"""
Kinds of sinks: one answers at once, one accepts connections and does nothing else, one reads and answers a byte a
second, one resets the connection when a notice comes.
"""

NAME = ("urn:gma-twisted:bench", "Host")
"""Namespace and local name of the values that change."""
FEW = ("urn:gma-twisted:bench", "Few")
"""The same of values of which there are few, however many there are of the others."""

_PER_NET = 250


def sinkURL(kind: int, number: int, port: int) -> str:
    """Where a sink is: each at an address of its own, C{127.1.0.1} and so on, all at one port."""
    net, host = divmod(number, _PER_NET)
    return f"http://127.{1 + kind}.{net}.{1 + host}:{port}/services/sink"


def kindOf(address: str) -> int:
    """The kind of the sink at an address."""
    return int(address.split(".")[1]) - 1


def valueXML(number: int, of: tuple[str, str] = NAME) -> bytes:
    """
    The value after a change, about 500 bytes.

    @param number: of the change
    @param of: its name
    """
    namespace, name = of
    return (
        f'<b:{name} xmlns:b="{namespace}" Name="node-0.grid.example" Change="{number:08d}">'
        '<b:OperatingSystem Name="Linux" Release="6.1.0" Version="#1 SMP"/>'
        '<b:Processor Vendor="GenuineIntel" Model="Xeon" ClockSpeed="2600"/>'
        '<b:MainMemory RAMSize="64000" RAMAvailable="31000"/>'
        '<b:ProcessorLoad Last1Min="100" Last5Min="117" Last15Min="121"/>'
        '<b:NetworkAdapter Name="eth0" IPAddress="192.0.2.17" MTU="1500"/>'
        f"</b:{name}>"
    ).encode()


def needle(number: int) -> bytes:
    """What a notice of a change holds."""
    return b'Change="%08d"' % number
