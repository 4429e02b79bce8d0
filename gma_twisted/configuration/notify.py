"""C{[notify]}: what subscribers are granted, and which sinks besides their own they may name."""

import re
from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.configuration.declaration import key
from gma_twisted.configuration.kinds import DURATION, FLAG, Kind, severalOf
from gma_twisted.configuration.mistakes import quoted
from gma_twisted.configuration.spelling import spellSeveral
from gma_twisted.errors import ParameterError

__all__ = ["NotifySection"]

_MOST = 256
# Lower case, and a path that ends: what begins with it is at this host, this port and below this path.
_PREFIX = re.compile(
    r"https?://(?:[a-z0-9][a-z0-9.-]{0,252}|\[[0-9a-f:.]{2,45}\])(?::[1-9][0-9]{0,4})?"
    r"/(?:[A-Za-z0-9._~!$&'()*+,;=:@-]{1,64}/){0,16}"
)


def _readPrefixes(value: object) -> Sequence[str]:
    asked = severalOf(value, _MOST, "URLs", "write shorter ones")
    for one in asked:
        if not isinstance(one, str) or not _PREFIX.fullmatch(one):
            raise ParameterError(f"{quoted(one)} is not what URLs begin with")
    return tuple(str(one) for one in asked)


PREFIXES: Kind[Sequence[str]] = Kind(
    "URL, or array of them",
    _readPrefixes,
    'write scheme, host in lower case, port and a path that ends in a slash, "http://host:8480/"',
    spellSeveral,
)


@attrs.frozen(slots=True)
class NotifySection:
    """C{[notify]}: leases and intervals of subscriptions, and sinks of third parties."""

    minLifetime: float = key(
        DURATION, "shortest lease; who asks for less gets this", 5.0, name="min_lifetime"
    )
    maxLifetime: float = key(
        DURATION, "longest lease; who asks for more gets this", 86400.0, name="max_lifetime"
    )
    minInterval: float = key(
        DURATION,
        "time between two notices of a subscription at least; who asks for less gets this",
        0.0,
        name="min_interval",
    )
    minRepeat: float = key(
        DURATION,
        "time at least after which a notice is sent although nothing changed; who asks for less gets this",
        1.0,
        name="min_repeat",
    )
    tombstones: float = key(
        DURATION,
        "how long it is told when and why a subscription ended, instead of that there is none",
        3600.0,
    )
    thirdPartySinks: bool = key(
        FLAG,
        "a sink need not be where its subscriber is, if it answers the challenge",
        False,
        name="third_party_sinks",
    )
    thirdPartyExempt: Sequence[str] = key(
        PREFIXES,
        "what URLs of sinks begin with that may be anybody's, without a challenge: `http://host:port/`",
        (),
        name="third_party_exempt",
        shown="none",
    )

    def mistakes(self) -> Iterator[tuple[str, str, str]]:
        """What is wrong between the keys. @return: a key, a message and a cure"""
        if self.minLifetime == 0:
            yield "min_lifetime", "must be longer than nothing", 'write "5s", for example'
        if not self.minLifetime <= self.maxLifetime:
            least = DURATION.write(self.minLifetime)
            yield "max_lifetime", "less than min_lifetime", f"write {least} or more"
        if self.minRepeat == 0:
            yield "min_repeat", "must be longer than nothing", 'write "1s", for example'
        if len(set(self.thirdPartyExempt)) < len(self.thirdPartyExempt):
            yield "third_party_exempt", "the same URL twice", "leave one of them out"
