"""Lines of an audit that somebody looks for."""

from collections import deque
from collections.abc import Iterator, Mapping, Sequence

import attrs

from gma_twisted.errors import ConfigError
from gma_twisted.security.audit.chain import readLink
from gma_twisted.security.audit.reading import chainFiles, linesOf

__all__ = ["Sought", "lastLines"]


@attrs.frozen(slots=True)
class Sought:
    """
    What lines are to be like; empty is anything.

    @ivar who: identity
    @ivar peer: address
    @ivar operation: its name, or with its namespace, C{{uri}local}
    @ivar result: C{ok}, a fault's code, or C{fault} for whatever is not C{ok}
    @ivar since: dateTime, as lines have it: lines from then on
    @ivar until: dateTime: lines before then
    """

    who: str = ""
    peer: str = ""
    operation: str = ""
    result: str = ""
    since: str = ""
    until: str = ""

    def isMet(self, fields: Mapping[str, object]) -> bool:
        """Whether a line is like that."""
        operation, result, time = (str(fields.get(one)) for one in ("operation", "result", "time"))
        return (
            self.who in ("", fields.get("who"))
            and self.peer in ("", fields.get("from"))
            and self.operation in ("", operation, operation.rpartition("}")[2])
            and (self.result in ("", result) or (self.result == "fault" and result != "ok"))
            and (not self.since or _plain(self.since) <= _plain(time))
            and (not self.until or _plain(time) < _plain(self.until))
        )


def lastLines(path: str, sought: Sought, most: int) -> Sequence[Mapping[str, object]]:
    """
    The last lines that are as sought, the oldest first; no more than these are in memory. Lines that are not as they
    were written are left out.

    @param path: of the file that is written
    @raise ConfigError: there is none, or it cannot be read
    """
    try:
        files = chainFiles(path)
        if not files:
            raise ConfigError(f"there is no audit {path}")
        return deque(_met(files, sought), most)
    except OSError as error:
        raise ConfigError(f"{error.filename or path} cannot be read: {error.strerror}") from None


def _met(files: Sequence[str], sought: Sought) -> Iterator[Mapping[str, object]]:
    for line in linesOf(files):
        link = readLink(line.data)
        if link is not None and sought.isMet(link.fields):
            yield link.fields


def _plain(time: str) -> str:
    # Without a fraction a dateTime would come after those of the same second that have one.
    return time.rstrip("Z")
