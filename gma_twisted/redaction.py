"""What is never shown: the one place that knows a secret when it sees one. Floor 0: imports nothing of the project.

Everything foreign that a message, a line of the log, a fault or a page has in it went through C{cut} or is the message
of a C{GMAError} (L{gma_twisted.errors}), and both come here. Configurations are written through L{hidden}.
"""

import re
from collections.abc import Mapping
from typing import Any

__all__ = ["HIDDEN", "hidden", "isSecret", "redacted"]

HIDDEN = "***"
"""What is shown in place of a secret."""

_WORDS = (
    r"pass(?:word|wd|phrase|code)|pwd|secret|token|credential|authorization|cookie"
    r"|(?:api|access|private|auth|session|shared|signing)[-_.]?key"
)
_ANY = re.compile(rf"{_WORDS}|Nonce", re.IGNORECASE)
# What may end the name of a secret.
_ENDS = r"s?(?:[-_.]?(?:value|text|hash|hex|digest))?\d{0,9}"
# To its end, or that of the text, which may have been cut.
_QUOTED = r"""\\{1,3}"[^"]*"?|"(?:[^"\\]|\\[\s\S])*+"?|'(?:[^'\\]|\\[\s\S])*+'?"""
# Each of these takes a time in proportion to the text, whatever a peer writes: what can repeat is bounded.
_NAME = re.compile(rf"(?:{_WORDS}){_ENDS}$", re.IGNORECASE)
# The end of user information need not be there: a text may have been cut before it came here.
_USER = re.compile(r"(?<=://)[^/?#\s\"'<>]*@")
_PAIR = re.compile(
    rf"""((?:{_WORDS})\w{{0,16}}["']?=)(?:{_QUOTED}|[^\s&;,"'<>)\]}}]+)""",
    re.IGNORECASE,
)
# As in a configuration or a shell: PASSWORD = x.
_SPACED = re.compile(
    rf"""((?:{_WORDS}){_ENDS}["']?(?:\s{{1,4}}=\s{{0,4}}|=\s{{1,4}}))(?:{_QUOTED}|[^\s&;,"'<>()\[\]{{}}]+)""",
    re.IGNORECASE,
)
# As in YAML and headers. Not what a sentence says of a key: that has several words, and one with a digit is short.
_COLON = re.compile(
    rf"""(?<![\w.])((?:\w{{1,16}}[-_]){{0,2}}(?:{_WORDS}){_ENDS}\s{{0,4}}:[ \t]{{1,4}})"""
    rf"""(?:{_QUOTED}|(?=[^\s]{{0,500}}\d)[^\s,;"'<>]{{6,}}|[^\s,;"'<>]+(?=[ \t]{{0,4}}(?:[\r\n,;}}]|$)))""",
    re.IGNORECASE,
)
# In the text of a command line: --password x.
_OPTION = re.compile(
    rf"""(?<![\w-])(-{{1,2}}[\w-]{{0,32}}?(?:{_WORDS}){_ENDS}[ \t]{{1,4}})(?!-)(?:{_QUOTED}|[^\s"']+)""",
    re.IGNORECASE,
)
_JSON = re.compile(
    rf"""((?:{_WORDS})\w{{0,16}}\\{{0,3}}["']\s{{0,4}}:\s{{0,4}})(?:{_QUOTED}|\[[^\]]*\]?|-?\d[^\s,}}\]]*)""",
    re.IGNORECASE,
)
# No host is that long: user information whose end is farther away than anybody looks.
_ENDLESS = re.compile(r"(?<=://)[^/?#\s\"'<>]{256,}")
# Not the words of a sentence: those have no digits, and are not as long as a token.
_SCHEME = re.compile(
    r"\b(bearer|basic)\s{1,4}(?:(?=[^\s]{0,500}[0-9=])[A-Za-z0-9._~+/=-]{6,}|[A-Za-z._~+/=-]{16,})",
    re.IGNORECASE,
)
_TAG = rf"(?:[\w.-]{{1,32}}:)?\w{{0,32}}?(?:{_WORDS}|BinarySecurityToken|Nonce)\b"
_ELEMENT = re.compile(
    rf"(<{_TAG}[^<>]*>)(?:<!\[CDATA\[(?:[^\]]|\](?!\]>))*+(?:\]\]>)?|[^<])++",
    re.IGNORECASE,
)
# Escaped, as XML within XML; also twice.
_LESS, _GREATER = "&(?:amp;){0,2}lt;", "&(?:amp;){0,2}gt;"
_ESCAPED = re.compile(
    rf"({_LESS}{_TAG}(?:(?!{_GREATER})[^<>]){{0,200}}+{_GREATER})(?:(?!{_LESS})[^<])++",
    re.IGNORECASE,
)
# Tokens of our own making (gma token new), or what is left of one; names in our code and metrics are in lower case.
_OURS = re.compile(r"gma_(?=[a-z_-]{0,40}[A-Z0-9])[A-Za-z0-9_-]{16,}")


def isSecret(name: str) -> bool:
    """Whether what has such a name is a secret: C{password}, C{dbPassword}, C{api_key}; not C{password_file}."""
    return _NAME.search(name) is not None


def hidden(value: Any, name: str = "") -> Any:
    """
    A value of a configuration as it may be shown: what has the name of a secret is L{HIDDEN}, at any depth, and so are
    secrets inside texts.

    @param name: of the value; empty for none
    """
    if isSecret(name) and value not in (None, "", (), [], {}):
        return HIDDEN
    if isinstance(value, str):
        return redacted(value)
    if isinstance(value, Mapping):
        return {key: hidden(one, str(key)) for key, one in value.items()}
    if isinstance(value, list | tuple):
        # As in a command line: what follows --password.
        before = ["", *value]
        return [
            hidden(one, word if isinstance(word, str) and word.startswith("-") else "")
            for word, one in zip(before, value, strict=False)
        ]
    return value


def redacted(text: str) -> str:
    """
    A text without the secrets that can be told in it: user information of URLs; what stands behind C{password=} and the
    like, in queries, command lines, JSON, YAML and attributes; what follows C{Bearer} and C{Basic}; what is in an
    element C{Password}, C{Token} or C{Nonce}, also an escaped one; bearer tokens that this project made.
    """
    if "gma_" in text:
        text = _OURS.sub(HIDDEN, text)
    if "://" in text:
        text = _ENDLESS.sub(HIDDEN, _USER.sub(f"{HIDDEN}@", text))
    if _ANY.search(text) is not None:
        text = _named(text)
    return _SCHEME.sub(rf"\1 {HIDDEN}", text)


def _named(text: str) -> str:
    """Without what stands where its name says that it is a secret."""
    if "=" in text:
        text = _SPACED.sub(rf"\1{HIDDEN}", _PAIR.sub(rf"\1{HIDDEN}", text))
    if ":" in text:
        text = _COLON.sub(rf"\1{HIDDEN}", _JSON.sub(rf"\1{HIDDEN}", text))
    if "<" in text:
        text = _ELEMENT.sub(rf"\1{HIDDEN}", text)
    if "lt;" in text:
        text = _ESCAPED.sub(rf"\1{HIDDEN}", text)
    return _OPTION.sub(rf"\1{HIDDEN}", text) if "-" in text else text
