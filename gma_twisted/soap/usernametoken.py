"""C{wsse:Security} with a UsernameToken: read, written, digested (WS-Security 1.0; Username Token Profile 1.0, 1.1)."""

import binascii
from base64 import b64decode, b64encode
from collections.abc import Callable, Iterator, Mapping
from hashlib import sha1
from typing import TypeVar

from gma_twisted.errors import InvalidSecurity, ParameterError, cut
from gma_twisted.markup import Element, escapeText, nameOf
from gma_twisted.markup.namespaces import SOAP11, SOAP12, WSSE, WSU
from gma_twisted.markup.xsd import readDateTime
from gma_twisted.model import QName
from gma_twisted.model.security import SecurityHeader, UsernameToken
from gma_twisted.soap.envelope import NEXT
from gma_twisted.soap.types import elements

__all__ = ["NONCE", "passwordDigest", "readSecurity", "writeSecurity"]

T = TypeVar("T")

NONCE = range(16, 65)
"""How many bytes a nonce may have."""

_PROFILE = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-username-token-profile-1.0"
_TEXT = f"{_PROFILE}#PasswordText"
_DIGEST = f"{_PROFILE}#PasswordDigest"
_BASE64 = (
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-soap-message-security-1.0#Base64Binary"
)
_SECURITY = f"{{{WSSE}}}Security"
_USERNAME_TOKEN = f"{{{WSSE}}}UsernameToken"
_TIMESTAMP = f"{{{WSU}}}Timestamp"
_USERNAME = f"{{{WSSE}}}Username"
_PASSWORD = f"{{{WSSE}}}Password"
_NONCE = f"{{{WSSE}}}Nonce"
_CREATED = f"{{{WSU}}}Created"
_EXPIRES = f"{{{WSU}}}Expires"
_LONGEST = 1024


def readSecurity(header: Element) -> SecurityHeader | None:
    """
    The block that is for this node.

    @param header: the Header of an envelope
    @return: C{None} without one
    @raise InvalidSecurity: there are several, or it holds anything but one UsernameToken and one Timestamp
    """
    blocks = [block for block in elements(header) if block.tag == _SECURITY and _isOurs(block)]
    if len(blocks) > 1:
        raise InvalidSecurity(f"one Header has {len(blocks)} blocks wsse:Security for one receiver")
    return _readBlock(blocks[0]) if blocks else None


def _isOurs(block: Element) -> bool:
    return (
        block.get(f"{{{SOAP11}}}actor", "") in NEXT and block.get(f"{{{SOAP12}}}role", "") in NEXT
    )


def _readBlock(block: Element) -> SecurityHeader:
    parts = _children(block, (_USERNAME_TOKEN, _TIMESTAMP))
    token, stamp = parts.get(_USERNAME_TOKEN), parts.get(_TIMESTAMP)
    times = {} if stamp is None else _children(stamp, (_CREATED, _EXPIRES))
    return SecurityHeader(
        None if token is None else _readToken(token),
        _read(times.get(_CREATED), readDateTime),
        _read(times.get(_EXPIRES), readDateTime),
    )


def _children(parent: Element, known: tuple[str, ...]) -> Mapping[str, Element]:
    """By tag: each once."""
    found: dict[str, Element] = {}
    for node in elements(parent):
        if node.tag not in known:
            raise InvalidSecurity(
                f'"{cut(nameOf(node))}" in {nameOf(parent).localName} is not read here; '
                "a UsernameToken and a Timestamp are"
            )
        if node.tag in found:
            raise InvalidSecurity(f"{nameOf(parent).localName} has two {nameOf(node).localName}")
        found[node.tag] = node
    return found


def _readToken(element: Element) -> UsernameToken:
    parts = _children(element, (_USERNAME, _PASSWORD, _NONCE, _CREATED))
    for tag in (_USERNAME, _PASSWORD):
        if tag not in parts:
            raise InvalidSecurity(f"a UsernameToken needs its {QName.parse(tag).localName}")
    password = parts[_PASSWORD]
    kind = password.get("Type", _TEXT)
    if kind not in (_TEXT, _DIGEST):
        raise InvalidSecurity(f'"{cut(kind)}" is no type of a password; write {_TEXT} or {_DIGEST}')
    nonce, created = parts.get(_NONCE), parts.get(_CREATED)
    if kind == _DIGEST and (nonce is None or created is None):
        raise InvalidSecurity("a digest of a password needs its Nonce and Created")
    made = "" if created is None else _text(created)
    if made.split() not in ([], [made]):
        # xsd:dateTime may have them, but then the same digest is that of a nonce that ends with them.
        raise InvalidSecurity("Created of a UsernameToken has no blanks")
    return UsernameToken(
        _text(parts[_USERNAME]),
        _text(password),
        kind == _DIGEST,
        b"" if nonce is None else _readNonce(nonce),
        made,
        _read(created, readDateTime),
    )


def _readNonce(element: Element) -> bytes:
    if element.get("EncodingType", _BASE64) != _BASE64:
        raise InvalidSecurity("a Nonce is written in Base64")
    try:
        nonce = b64decode("".join(_text(element).split()), validate=True)
    except (binascii.Error, ValueError):
        raise InvalidSecurity("a Nonce is written in Base64") from None
    if len(nonce) not in NONCE:
        raise InvalidSecurity(
            f"a Nonce has {NONCE.start} to {NONCE.stop - 1} bytes, this one has {len(nonce)}"
        )
    return nonce


def _text(element: Element) -> str:
    text = element.text or ""
    if len(element) or not 0 < len(text) <= _LONGEST:
        # Not shown: it may be the password.
        raise InvalidSecurity(
            f"{nameOf(element).localName} in wsse:Security is not a text of 1 to {_LONGEST} characters"
        )
    return text


def _read(element: Element | None, reader: Callable[[str], T]) -> T | None:
    if element is None:
        return None
    try:
        return reader(_text(element))
    except ParameterError as error:
        raise InvalidSecurity(f"{nameOf(element).localName}: {error.message}") from None


def passwordDigest(nonce: bytes, created: str, password: str) -> str:
    """Base64 of the SHA-1 of all three (Username Token Profile 1.0, 3.1). @param created: as it is written"""
    # The profile knows no other digest; an attacker who had a collision would have nothing.
    made = sha1(nonce + created.encode() + password.encode(), usedforsecurity=False)
    return b64encode(made.digest()).decode()


def writeSecurity(token: UsernameToken) -> bytes:
    """The block with a token, which must be understood; needs the prefix soapenv around it."""
    return "".join(_written(token)).encode()


def _written(token: UsernameToken) -> Iterator[str]:
    yield f'<wsse:Security xmlns:wsse="{WSSE}" xmlns:wsu="{WSU}" soapenv:mustUnderstand="1"><wsse:UsernameToken>'
    yield f"<wsse:Username>{escapeText(token.username)}</wsse:Username>"
    kind = _DIGEST if token.isDigest else _TEXT
    yield f'<wsse:Password Type="{kind}">{escapeText(token.password)}</wsse:Password>'
    if token.nonce:
        encoded = b64encode(token.nonce).decode()
        yield f'<wsse:Nonce EncodingType="{_BASE64}">{encoded}</wsse:Nonce>'
    if token.created:
        yield f"<wsu:Created>{escapeText(token.created)}</wsu:Created>"
    yield "</wsse:UsernameToken></wsse:Security>"
