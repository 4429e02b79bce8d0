"""One line of the audit as bytes: JSON, with the hash of the line before it and, last, its own."""

import json
from collections.abc import Mapping
from hashlib import sha256
from json.encoder import encode_basestring_ascii as _quote

import attrs

from gma_twisted.errors import cut
from gma_twisted.model import Deed

__all__ = ["BEGINNING", "MAX_LINE", "Link", "Note", "deedFields", "noteFields", "readLink", "seal"]

BEGINNING = "0" * 64
"""What stands for the hash of the line before the first."""

MAX_LINE = 16 * 1024
"""More bytes than any line has."""

_OWN = b',"hash":"'
_HASH = 64
_END = b'"}\n'
_TAIL = len(_OWN) + _HASH + len(_END)
_SHOWN = 512


@attrs.frozen(slots=True)
class Note:
    """
    What the audit says of itself.

    @ivar what: C{left-out}, C{cut}, C{missing}, C{damaged}, C{gone}, C{unwritten}
    @ivar said: a sentence
    @ivar peer: whom it is about; empty for nobody
    @ivar count: of how many lines, or bytes, it speaks
    @ivar who: the identity it is about; empty for none
    """

    what: str
    said: str
    peer: str = ""
    count: int = 0
    who: str = ""


@attrs.frozen(slots=True)
class Link:
    """
    A line that was read.

    @ivar sequence: its number; the first line ever is 1
    @ivar previous: hash of the line before
    @ivar hash: its own
    @ivar fields: what it says
    """

    sequence: int
    previous: str
    hash: str
    fields: Mapping[str, object]


def deedFields(deed: Deed) -> str:
    """What a line says of a call; what comes from outside is cut, and its control characters are escaped."""
    text = (
        f'"who":{_quote(cut(deed.identity))},"from":{_quote(cut(deed.peer))}'
        f',"operation":{_quote(cut(deed.operation))},"path":{_quote(cut(deed.path))}'
    )
    if deed.target:
        text += f',"target":{_quote(cut(deed.target, _SHOWN))}'
    if deed.made:
        text += f',"made":{_quote(cut(deed.made, _SHOWN))}'
    return f'{text},"result":{_quote(cut(deed.result))},"correlation":{_quote(deed.correlation)}'


def noteFields(note: Note) -> str:
    """What a line says of the audit itself."""
    return (
        f'"who":{_quote(cut(note.who))},"from":{_quote(cut(note.peer))},"operation":"audit","path":""'
        f',"target":{_quote(cut(note.said, _SHOWN))},"result":{_quote(note.what)},"count":{note.count}'
    )


def seal(sequence: int, time: str, fields: str, previous: str) -> tuple[bytes, str]:
    """
    Make a line.

    @param time: a dateTime
    @param fields: as L{deedFields} or L{noteFields} gives them
    @param previous: hash of the line before
    @return: the line, and its hash
    """
    body = f'{{"sequence":{sequence},"time":"{time}",{fields},"previous":"{previous}"'.encode()
    own = sha256(body).hexdigest()
    return b'%b,"hash":"%b"}\n' % (body, own.encode()), own


def readLink(line: bytes) -> Link | None:
    """A line, when it is whole and its hash is that of its bytes; else C{None}."""
    body, own = line[:-_TAIL], line[-_TAIL:]
    if not (own.startswith(_OWN) and own.endswith(_END)):
        return None
    found = own[len(_OWN) : -len(_END)]
    if sha256(body).hexdigest().encode() != found:
        return None
    try:
        fields = json.loads(line)
        sequence, previous = fields["sequence"], fields["previous"]
    except (ValueError, KeyError, TypeError, RecursionError):
        return None
    if type(sequence) is not int or not isinstance(previous, str):
        return None
    return Link(sequence, previous, found.decode(), fields)
