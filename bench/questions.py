"""What is asked of ten thousand hosts and a thousand registrations, and how an answer is checked."""

import re
from collections import Counter
from collections.abc import Callable, Sequence

import attrs

from bench.answers import WrongAnswer
from bench.hosts import NAME, ORIGINATORS, Host, Hosts, keyOf, originatorOf
from gma_twisted.markup.namespaces import ogsi
from gma_twisted.model import Language, NameSelector, QName, Question

__all__ = ["ASKED", "MEMBERS", "Asked", "memberOf"]

MEMBERS = 1000
"""How many registrations there are."""

_HOSTS = (NameSelector(QName(*NAME)),)
_BOTH = (*_HOSTS, NameSelector(ogsi("entry")))
_BUSY = 990
_ROOMY = 50_000

_GROUPS = """\
for $host in ?*[self::glue:Host]
group by $site := string($host/@gma:originator)
order by $site
return <site handle="{$site}" hosts="{count($host)}"
  free="{xs:integer(sum($host/glue:MainMemory/@glue:RAMAvailable))}"/>"""
_JOIN = """\
let $members := map:merge(for $entry in ?*[self::ogsi:entry]
  return map:entry(string($entry/ogsi:content/gma:registration/gma:name), $entry))
for $host in ?*[self::glue:Host]
let $entry := $members(string($host/@gma:key))
where exists($entry)
return <member load="{$host/glue:ProcessorLoad/@glue:Last1Min}"
  at="{$entry/ogsi:memberServiceLocator/ogsi:handle}"/>"""


def memberOf(number: int, hosts: int) -> int:
    """Which host a registration is about. @param hosts: how many there are"""
    return number * (hosts // MEMBERS)


def _isBusy(host: Host) -> bool:
    return host.load >= _BUSY


def _names(hosts: Hosts) -> object:
    return Counter(keyOf(host.number).encode() for host in hosts.all if _isBusy(host))


def _seenNames(body: bytes) -> object:
    return Counter(re.findall(rb"UniqueID=\"(node-[0-9]{8})\.", body))


def _groups(hosts: Hosts) -> object:
    free = [0] * ORIGINATORS
    for host in hosts.all:
        free[host.number % ORIGINATORS] += host.free
    count = len(hosts.all) // ORIGINATORS
    return [(originatorOf(site).encode(), count, each) for site, each in enumerate(free)]


def _seenGroups(body: bytes) -> object:
    found = re.findall(rb"<site handle=\"([^\"]+)\" hosts=\"([0-9]+)\" free=\"([0-9]+)\"/>", body)
    return [(site, int(count), int(free)) for site, count, free in found]


def _members(hosts: Hosts) -> object:
    count = len(hosts.all)
    members = [hosts.all[memberOf(number, count)] for number in range(MEMBERS)]
    return Counter((keyOf(host.number).encode(), host.load) for host in members)


def _seenMembers(body: bytes) -> object:
    found = re.findall(rb"<member load=\"([0-9]+)\" at=\"http://(node-[0-9]{8})\.", body)
    return Counter((name, int(load)) for load, name in found)


def _roomy(hosts: Hosts) -> object:
    return [sum(host.free >= _ROOMY for host in hosts.all)]


def _seenCount(body: bytes) -> object:
    return [int(count) for count in re.findall(rb"<gma:result[^>]*>([0-9]+)</gma:result>", body)]


@attrs.frozen(slots=True)
class Asked:
    """
    One question of the benchmark.

    @ivar name: in tables and goals
    @ivar question: what is asked
    @ivar expected: what an answer says about hosts that are so
    @ivar seen: what an answer says
    """

    name: str
    question: Question
    expected: Callable[[Hosts], object]
    seen: Callable[[bytes], object]

    def check(self, body: bytes, hosts: Hosts) -> None:
        """@raise WrongAnswer: it is not about hosts that are so"""
        if self.seen(body) != self.expected(hosts):
            raise WrongAnswer(f"{self.name}: not what the hosts are: {body[:2000]!r}")


def _asked(
    name: str,
    language: Language,
    text: str,
    expected: Callable[[Hosts], object],
    seen: Callable[[bytes], object],
    selectors: Sequence[NameSelector] = _HOSTS,
) -> Asked:
    return Asked(name, Question(language, text, tuple(selectors)), expected, seen)


ASKED = (
    _asked("group-by", Language.XQUERY, _GROUPS, _groups, _seenGroups),
    _asked("join", Language.XQUERY, _JOIN, _members, _seenMembers, _BOTH),
    _asked(
        "XPath selection",
        Language.XPATH,
        f"/glue:Host[glue:ProcessorLoad/@glue:Last1Min >= {_BUSY}]",
        _names,
        _seenNames,
    ),
    _asked(
        "XQuery predicate",
        Language.XQUERY,
        f"?*[self::glue:Host][glue:ProcessorLoad/@glue:Last1Min >= {_BUSY}]",
        _names,
        _seenNames,
    ),
    _asked(
        "XQuery count",
        Language.XQUERY,
        f"count(?*[self::glue:Host][glue:MainMemory/@glue:RAMAvailable >= {_ROOMY}])",
        _roomy,
        _seenCount,
    ),
)
"""A hundredth of the hosts is selected; the groups are a hundred; of the join every registration is in the answer."""
