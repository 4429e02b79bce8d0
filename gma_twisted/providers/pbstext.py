"""
What C{qstat -Q -f} and C{qstat -B -f} print, which Torque and OpenPBS write alike::

    Queue: work
        queue_type = Execution
        resources_max.walltime = 24:00:00
"""

from collections.abc import Mapping

from gma_twisted.errors import ProviderFailed, TooLarge, cut
from gma_twisted.providers.units import plainText

__all__ = ["MOST_SECTIONS", "readSections"]

MOST_SECTIONS = 1000
"""Most queues of a server."""

_MOST_ATTRIBUTES = 1000
_MOST_LINES = 50_000


def readSections(data: bytes, word: str, tool: str) -> Mapping[str, Mapping[str, str]]:
    """
    Read sections that begin with a word and a name.

    @param word: C{Queue} or C{Server}
    @param tool: names the program in errors
    @return: the attributes of each name
    @raise ProviderFailed: there is something, but no such section
    @raise TooLarge: there are more than L{MOST_SECTIONS}, or one has more than 1000 attributes, or all
        together have more than 50,000 lines
    """
    begin = f"{word}: "
    if data.count(b"\n") > _MOST_LINES:
        raise TooLarge(f"{tool} printed more than {_MOST_LINES} lines")
    sections: dict[str, dict[str, str]] = {}
    current: dict[str, str] | None = None
    last = ""
    for line in data.decode("utf-8", "replace").split("\n"):
        if line.startswith(begin):
            current, last = sections.setdefault(plainText(line[len(begin) :]), {}), ""
            if len(sections) > MOST_SECTIONS:
                raise TooLarge(f"{tool} tells more than {MOST_SECTIONS} of {word}")
        elif current is None:
            if line.strip():
                raise ProviderFailed(f'{tool} printed "{cut(line)}", not "{begin}" and a name')
        elif line.startswith("\t") and last:
            # What is too long for a line goes on behind a tab.
            current[last] = plainText(current[last] + line[1:])
        elif " = " in line:
            name, _, value = line.partition(" = ")
            last = plainText(name)
            current[last] = plainText(value)
            if len(current) > _MOST_ATTRIBUTES:
                raise TooLarge(f"{tool} tells more than {_MOST_ATTRIBUTES} attributes of a {word}")
    return sections
