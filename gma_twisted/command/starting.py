"""C{gma config init}: a configuration to begin with."""

from collections.abc import Mapping

import click

from gma_twisted.command.configuring import kindOption
from gma_twisted.command.failures import Exit, Failure
from gma_twisted.command.output import say

__all__ = ["init", "startingPoint"]

_HEAD = """\
# Configuration of a {kind}. Lines that begin with "#key" or "#[section]" are examples: take the # away.
# Every key has a default: an empty file is a configuration, too.
#
#   gma config check {option}vo.toml
#   twistd -n --pidfile= {kind} -c vo.toml

[node]
# In pages, logs and service data.
#name = "site-index"
# The place in the hierarchy.
#role = "site"
# Port 0 takes a free one. Addresses that other machines can reach need type ssl and [access], or insecure = true.
listen = "tcp:{port}:interface=127.0.0.1"
# What handles begin with, behind a proxy or when every address is listened on.
#public_url = "http://grid.example.org:{port}"
# Of what survives a restart.
#state_dir = "/var/lib/gma"
"""

_PROVIDERS = """
# Who says what this node answers, and how often. Without any provider this one runs, every 5 s.
[providers.system]
class = "SimpleSystemInformationProvider"
interval = "5s"

# A program that prints an XML document.
#[providers.uptime]
#command = ["/usr/local/libexec/uptime-xml"]
#interval = "1m"
#timeout = "10s"
"""

_JOBS = """
# Who says what this node answers, and how often. Without any provider these two run, every 5 s.
[providers.fork]
class = "ForkInfoProvider"
handler = "jobDataHandler"
interval = "5s"

[providers.system]
class = "SimpleSystemInformationProvider"
interval = "5s"

# The jobs of a batch system.
#[providers.slurm]
#class = "SlurmInfoProvider"
#handler = "jobDataHandler"
#interval = "30s"

# When what is not said any more goes: stale after the interval of its provider, gone after the grace.
#[rips]
#grace_period = "1m"
#sweeper_delay = "5s"
"""

_FACTORY = """
# Services whose jobs, queues and hosts are copied here: rips:* and glue:*, unless names say otherwise.
#[aggregate.cluster]
#from = "http://cluster.example.org:8482/services/rips"
"""

_AGGREGATE = """
# Service data of services elsewhere that is copied here.
#[aggregate.leaf]
#from = "http://leaf.example.org:8480/services/index"
#names = ["glue:*"]
"""

_REGISTRY = """
# What who registers here is granted.
#[registry]
#default_lifetime = "5m"
#max_lifetime = "1d"
"""

_PRODUCER = """
# Whose data is published as events, and how often. Without any provider this one runs, every 5 s.
[providers.system]
class = "SimpleSystemInformationProvider"
interval = "5s"

# What it says it has; class = "package.module:Class" makes a ProducerServer of one's own of it, without providers.
#[producer]
#event_types = ["glue.*"]
"""

_STREAMS = """
# Where lines of events may go beside the address of who asks for them.
#[streams]
#to = ["x-netlog://collector.example.org:14830"]
"""

_CONSUMER = """
# Producers whose events are sent here, or directories that know some.
#[subscribe.hosts]
#at = "http://vo.example.org:8481/services/directory"
#template = "glue.Host"
#filter = "ProcessorLoad/Last1Min > 200"

# What becomes of the events: they are printed, a line of JSON each, unless it is said otherwise.
#[consumer]
#output = "store"
#file = "/var/lib/gma/events"
#file_size = "64MiB"
# Lines of events are taken, too: of this machine, of others with listen_insecure, for lines show no identity.
#listen = "x-netlog://0.0.0.0:14830"
#listen_from = ["127.0.0.1", "10.0.0.0/8"]
#listen_insecure = true
"""

_SUBSCRIBE = """
# Producers whose events are sent here, or directories that know some; without any it takes what it is told.
#[subscribe.hosts]
#at = "http://vo.example.org:8481/services/directory"
#template = "glue.*"
#look_back = "10m"

# Lines of events are taken: of this machine, of others with listen_insecure, for lines show no identity.
#[consumer]
#listen = "x-netlog://0.0.0.0:14830"
#listen_from = ["127.0.0.1", "10.0.0.0/8"]
#listen_insecure = true
"""

_ARCHIVER = (
    _SUBSCRIBE
    + """
# What is kept on the disk, in events.db of the state directory.
#[archive]
#keep_time = "30d"
#keep_size = "4GiB"
"""
)

_FILTER = (
    _SUBSCRIBE
    + """
# What must be true of the events that are handed on.
#[filter]
#event_types = ["glue.*"]
#where = "ProcessorLoad/Last1Min > 200"
"""
)

_SUMMARISER = (
    _SUBSCRIBE
    + """
# One event a minute for each host; without any section events are counted.
#[summarise.load]
#events = "glue.Host"
#fields = ["ProcessorLoad/Last1Min"]
#by = ["Name"]
#window = "1m"
#values = ["count", "mean", "max", "p95"]
"""
)

_REPUBLISHER = (
    _SUBSCRIBE
    + """
# What events are called here, and fields that each of them is given.
#[republish]
#prefix = "cern."
#const = { site = "cern" }
"""
)

_REGISTER = """
# The directory this node is told to.
#[register.vo]
#at = "http://vo.example.org:8481/services/directory"
#attributes = { site = "cern" }

# "memory" forgets everything at the end.
#[store]
#engine = "memory"
"""

_REST = """
# Where this node registers; names are what an index there copies of it.
#[register.vo]
#at = "http://vo.example.org:8480/services/index"
#lifetime = "2m"
#names = ["glue:*"]

# Service data that clients may set.
#[sde."{urn:example:site}State"]
#mutability = "mutable"
#cardinality = "0..1"
#modifiable = true

# "memory" forgets registrations and subscriptions at the end.
#[store]
#engine = "memory"
"""

_PARTS: Mapping[str, tuple[int, str]] = {
    "gma-index": (8480, _PROVIDERS + _AGGREGATE + _REGISTRY),
    "gma-registry": (8481, _REGISTRY),
    "gma-rips": (8482, _JOBS),
    "gma-mmjfs": (8483, _FACTORY),
    "gma-aggregator": (8484, _AGGREGATE),
    "gma-producer": (8490, _PRODUCER + _STREAMS),
    "gma-consumer": (8491, _CONSUMER),
    "gma-archiver": (8492, _ARCHIVER + _STREAMS),
    "gma-filter": (8493, _FILTER + _STREAMS),
    "gma-summariser": (8494, _SUMMARISER + _STREAMS),
    "gma-republisher": (8495, _REPUBLISHER + _STREAMS),
}
# Whose service data no index copies.
_PLAYING = (
    "gma-producer",
    "gma-consumer",
    "gma-archiver",
    "gma-filter",
    "gma-summariser",
    "gma-republisher",
)


def startingPoint(kind: str) -> str:
    """A configuration with comments. @param kind: sub-command of twistd"""
    port, parts = _PARTS[kind]
    option = "" if kind == "gma-index" else f"--kind {kind} "
    rest = _REGISTER if kind in _PLAYING else _REST
    return _HEAD.format(kind=kind, port=port, option=option) + parts + rest


@click.command()
@click.argument("file", required=False)
@kindOption
def init(file: str | None, kind: str) -> None:
    """Write a configuration to begin with.

    It goes to FILE or to the standard output, and has a comment for each thing a node may have. A
    file that is there is left alone.

    Example: gma config init vo.toml
    """
    text = startingPoint(kind)
    if file is None:
        click.echo(text, nl=False)
        return
    try:
        with open(file, "x", encoding="utf-8") as new:
            new.write(text)
    except FileExistsError:
        raise Failure(f"{file} is there already; it is left as it is", Exit.NO) from None
    except OSError as error:
        raise Failure(f"{file} cannot be written: {error.strerror}", Exit.NO) from None
    say(f"{file} is written; gma config check {file}")
