"""What can be compared: finding service data, its guards, registering; each with its servers, loads and goals."""

from collections.abc import Callable, Mapping, Sequence

import attrs

from bench import guarding, registering, workload
from bench.goals import FIND_GOALS, GUARDS_GOALS, REGISTER_GOALS, Goal
from bench.talk import Talk

__all__ = ["FIND", "GUARDS", "REGISTER", "SUBJECTS", "Subject"]


@attrs.frozen(slots=True)
class Subject:
    """
    One question put to several servers.

    @ivar name: on the command line, and of the file of results
    @ivar servers: what can be measured and what each is, in the order of the table
    @ivar foreign: those that have no profile to show: no Python in them, or threads
    @ivar workloads: names of the loads, all of which are measured
    @ivar connections: how many at once unless told otherwise
    @ivar bases: servers the others are compared with, where they were measured
    @ivar comparesRate: whether requests a second are compared too: where a server waits for a disk, its CPU does
        not say how fast it is; and where requests a second are what is promised
    @ivar talks: what a connection says: from server, workload and number of the connection
    """

    name: str
    servers: Mapping[str, str]
    foreign: Sequence[str]
    workloads: Sequence[str]
    connections: int
    bases: Sequence[str]
    goals: Sequence[Goal]
    comparesRate: bool
    talks: Callable[[str, str, int], Talk]


def _findTalk(server: str, load: str, connection: int) -> Talk:
    return workload.finds(load, connection)


def _registerTalk(server: str, load: str, connection: int) -> Talk:
    if server.startswith("etcd"):
        return registering.puts(load, connection, server == "etcd-grant")
    return registering.registers(load, connection)


FIND = Subject(
    name="find",
    servers={
        "gate-epoll": "the Gate on Twisted's epoll reactor, all gates, policy and identity on",
        "gate-uvloop": "the same, attached natively to uvloop (extra fast)",
        "twisted.web": "a plain twisted.web Resource as everyone writes it: Site with its defaults, lxml",
        "twisted.web-tuned": "the same without access log and form parsing",
        "soapresource": "our Exchange as a Resource in a Site without access log: no Gate",
        "spyne": "spyne, WSGI under waitress",
        "static": "a fixed answer on uvloop that reads nothing: the limit of Python on one core",
    },
    foreign=("spyne", "static"),
    workloads=workload.WORKLOADS,
    connections=16,
    bases=("twisted.web", "spyne", "static"),
    goals=FIND_GOALS,
    comparesRate=False,
    talks=_findTalk,
)

GUARDS = Subject(
    name="guards",
    servers={
        "lean": "the same store, queries and envelopes behind a protocol that trusts every byte and reads no operation",
        "unguarded": "the same with the declared operations, types and roles of the node: all but its guards",
        "gate-open": "the Gate as gate-epoll, with an audit in a file: everybody may do everything",
        "gate-rules": "the same with rules and known callers; who shows nothing may read, and nobody shows anything",
        "gate-token": "the same, every request with the bearer token of its connection",
    },
    foreign=(),
    # Who repeats itself is remembered by the node, not by the two others: that would hide what the guards cost.
    workloads=("varied",),
    connections=16,
    bases=("lean", "unguarded", "gate-open"),
    goals=GUARDS_GOALS,
    comparesRate=True,
    talks=guarding.finds,
)

REGISTER = Subject(
    name="register",
    servers={
        "register-durable": "our Gate and registry, each answer after the journal is on the disk",
        "register-memory": "the same, kept in memory only",
        "register-lean": "one lxml parse, one entry in a dict, nothing else looked at: the limit of Python on one core",
        "gsoap": "gSOAP, C, a hash table in memory, one thread, keep-alive",
        "etcd-put": "etcd's HTTP gateway: put with a lease that is there (durable)",
        "etcd-grant": "the same, a lease granted for every put: two requests, a lifetime of its own",
    },
    foreign=("gsoap", "etcd-put", "etcd-grant"),
    workloads=registering.WORKLOADS,
    connections=64,
    bases=("register-memory", "gsoap", "etcd-put", "etcd-grant"),
    goals=REGISTER_GOALS,
    comparesRate=True,
    talks=_registerTalk,
)

SUBJECTS = {subject.name: subject for subject in (FIND, GUARDS, REGISTER)}
