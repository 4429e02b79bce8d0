"""
The hosts that questions are put to: GLUE Hosts of about 1 kB from a hundred originators, and how they change.

What is asked and what is answered is made of the same numbers, so every answer can be checked.
"""

import attrs

from bench.workload import GLUE_NS

__all__ = ["NAME", "ORIGINATORS", "Host", "Hosts", "hostXML", "keyOf", "originatorOf"]

NAME = (GLUE_NS, "Host")
"""Namespace and local name of all of them."""

ORIGINATORS = 100

# Neighbours in time are far from each other, and every host has its turn: the number is prime.
_STRIDE = 7919
# Of so many changes one leaves the load as it is.
_QUIET = 3


def originatorOf(number: int) -> str:
    """Handle of the service that says it."""
    return f"http://site-{number % ORIGINATORS:02d}.grid.example:8480/services/index"


def keyOf(number: int) -> str:
    """The key of its value, which is also how it is registered."""
    return f"node-{number:08d}"


@attrs.define(slots=True, eq=False)
class Host:
    """
    One of them as it is now.

    @ivar number: of it
    @ivar memories: how often its free memory changed, which is with every change
    @ivar loads: how often its load did, which is with two changes of three
    """

    number: int
    memories: int = 0
    loads: int = 0

    @property
    def load(self) -> int:
        """Its load, from 0 to 999; over all hosts evenly spread."""
        return (self.number * 389 + self.loads * 617) % 1000

    @property
    def free(self) -> int:
        """Its free memory, from 10,000 to 59,999."""
        return 10_000 + (self.number * 31 + self.memories * 7177) % 50_000


@attrs.define(slots=True, eq=False)
class Hosts:
    """
    All of them. Two that began with as many and were changed as often are alike.

    @ivar all: by number
    @ivar changes: how many there were
    """

    all: list[Host]
    changes: int = 0

    @classmethod
    def of(cls, count: int) -> "Hosts":
        """So many, unchanged."""
        return cls([Host(number) for number in range(count)])

    def change(self) -> Host:
        """Make the next change. @return: the host that is another one now"""
        number = self.changes
        self.changes += 1
        host = self.all[number * _STRIDE % len(self.all)]
        host.memories += 1
        host.loads += number % _QUIET != 0
        return host


def hostXML(host: Host) -> bytes:
    """Its value, a document of its own, of about 1 kB."""
    name = keyOf(host.number)
    one, two, three = host.number >> 16 & 255, host.number >> 8 & 255, host.number & 255
    return (
        f'<glue:Host xmlns:glue="{GLUE_NS}" glue:Name="{name}.grid.example" glue:UniqueID="{name}.grid.example">'
        '<glue:Processor glue:Vendor="GenuineIntel" glue:Model="Intel(R) Xeon(R) Gold 6142" glue:Version="6.85.4"'
        ' glue:ClockSpeed="2600" glue:CacheL2="22528"/>'
        f'<glue:MainMemory glue:RAMSize="64000" glue:RAMAvailable="{host.free}" glue:VirtualSize="96000"'
        ' glue:VirtualAvailable="81000"/>'
        '<glue:OperatingSystem glue:Name="Linux" glue:Release="6.1.0-18-amd64" glue:Version="#1 SMP Debian"/>'
        '<glue:Architecture glue:PlatformType="x86_64" glue:SMPSize="32"/>'
        '<glue:FileSystem glue:Name="/dev/sda1" glue:Root="/" glue:Size="102400" glue:AvailableSpace="51200"'
        ' glue:ReadOnly="false" glue:Type="ext4"/>'
        f'<glue:NetworkAdapter glue:Name="eth0" glue:IPAddress="10.{one}.{two}.{three}" glue:MTU="1500"'
        ' glue:OutboundIP="true" glue:InboundIP="false"/>'
        f'<glue:ProcessorLoad glue:Last1Min="{host.load}" glue:Last5Min="117" glue:Last15Min="121"/>'
        "</glue:Host>"
    ).encode()
