"""The names a certificate's owner goes by, in the one spelling in which they are compared (RFC 4514, RFC 5280)."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from gma_twisted.errors import ParameterError, cut

__all__ = ["certificateName"]

# Short names of RFC 4514, 3, and what others write; a type without a short name is a dotted number.
_SHORT = ("CN", "L", "ST", "O", "OU", "C", "STREET", "DC", "UID")
_OTHER = {"E": "1.2.840.113549.1.9.1", "EMAILADDRESS": "1.2.840.113549.1.9.1", "S": "ST"}
# As openssl prints them; there is no short name for these in RFC 4514.
_OTHER |= {"SERIALNUMBER": "2.5.4.5", "SN": "2.5.4.4", "GN": "2.5.4.42", "TITLE": "2.5.4.12"}
_OID = re.compile(r"[0-2](?:\.[0-9]{1,20}){1,20}")
# One attribute: its type, and what stands between "=" and the next "," or "+" that is not escaped.
_ATTRIBUTE = re.compile(
    r" *([A-Za-z0-9.]{1,64}) *= *((?:\\[0-9A-Fa-f]{2}|\\.|[^\\,+])*)([,+]?)", re.DOTALL
)
_ESCAPE = re.compile(r"((?:\\[0-9A-Fa-f]{2})+)|\\(.)", re.DOTALL)
_SPECIAL = re.compile(r'([\\"+,;<>])')
_HOST = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62}\.?){1,32}")
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]{0,31}:[!-~]{1,1000}")
_MOST = 1024


def certificateName(text: str) -> str:
    """
    One name of a certificate's owner in the spelling that is compared.

    @param text: C{DNS:host}, C{URI:uri}, C{IP:address}, or a subject in the order of RFC 4514, its most particular
        part first: C{CN=site-a,O=VO}
    @return: the same, with host and address in lower case, the short names of types in capitals, nothing escaped that
        need not be, no blanks around separators, and the attributes of one part in the order of their letters
    @raise ParameterError: it is none of these
    """
    if not 0 < len(text) <= _MOST or not text.isprintable():
        raise ParameterError(f'"{cut(text)}" is no name of 1 to {_MOST} characters')
    kind, colon, rest = text.partition(":")
    if colon and "=" not in kind:
        return _alternative(text, kind.upper(), rest)
    return ",".join(_subject(text))


def _alternative(text: str, kind: str, rest: str) -> str:
    if kind == "DNS" and _HOST.fullmatch(rest.lower()):
        return f"DNS:{rest.lower()}"
    if kind == "URI" and _URI.fullmatch(rest):
        return f"URI:{rest}"
    if kind == "IP":
        try:
            return f"IP:{ip_address(rest)}"
        except ValueError:
            pass
    raise ParameterError(f'"{cut(text)}" is no DNS, URI or IP name of a certificate')


def _subject(text: str) -> Iterator[str]:
    position, separator = 0, ","
    part: list[str] = []
    while separator:
        found = _ATTRIBUTE.match(text, position)
        if found is None or (not found[3] and found.end() != len(text)):
            raise ParameterError(f'"{cut(text)}" is no subject of a certificate')
        position, separator = found.end(), found[3]
        part.append(f"{_typeOf(found[1], text)}={_escaped(_plain(found[2], text))}")
        if separator != "+":
            # A set: openssl prints it in the order it came in, others the other way round.
            yield "+".join(sorted(part))
            part.clear()


def _typeOf(name: str, text: str) -> str:
    found = _OTHER.get(name.upper(), name.upper())
    if found in _SHORT or _OID.fullmatch(found):
        return found
    raise ParameterError(f'"{cut(text)}" has "{cut(name)}", which is no type of a subject')


def _plain(value: str, text: str) -> str:
    end = len(value.rstrip(" "))
    # A blank that is escaped belongs to the value.
    if end < len(value) and _endsInEscape(value[:end]):
        end += 1
    try:
        plain = _ESCAPE.sub(_unescape, value[:end])
    except UnicodeDecodeError:
        plain = ""
    if not plain or value.startswith("#"):
        raise ParameterError(f'"{cut(text)}" has a value that is no text')
    return plain


def _endsInEscape(value: str) -> bool:
    return (len(value) - len(value.rstrip("\\"))) % 2 == 1


def _unescape(found: re.Match[str]) -> str:
    return bytes.fromhex(found[1].replace("\\", "")).decode() if found[1] else found[2]


def _escaped(value: str) -> str:
    """As RFC 4514, 2.4 wants it, and no more."""
    text = _SPECIAL.sub(r"\\\1", value).replace("\0", "\\00")
    if value[0] == "#" or (value[0] == " " and len(value) > 1):
        text = "\\" + text
    return text[:-1] + "\\ " if value[-1] == " " else text
