"""Documents that programs begin with a document type: read as they declare themselves, and freed of it.

The XML gate lets no document type in, and that is as it should be. Some programs know no other way; what they declare
is how many of which elements there are, which nobody needs. Anything that could change what the document says, or have
something else read, is refused.
"""

import re

from gma_twisted.errors import ProviderFailed, cut

__all__ = ["withoutDoctype"]

_DECLARATION = re.compile(
    rb"""<\?xml\s++version\s*+=\s*+(?:"1\.0"|'1\.0')"""
    rb"""(?:\s++encoding\s*+=\s*+(?:"(?P<a>[A-Za-z][\w.\-]*+)"|'(?P<b>[A-Za-z][\w.\-]*+)'))?+"""
    rb"""(?:\s++standalone\s*+=\s*+(?:"(?:yes|no)"|'(?:yes|no)'))?+\s*+\?>"""
)
_ENCODINGS = {
    "iso-8859-1": "iso-8859-1",
    "utf-8": "utf-8",
    "utf8": "utf-8",
    "us-ascii": "ascii",
    "ascii": "ascii",
}
_BLANK = r"(?:\s++|<!--(?:[^-]|-(?!-))*+-->)*+"
_DOCTYPE = re.compile(rf"{_BLANK}<!DOCTYPE\s++[^\s\[\]<>\"'%&]++\s*+(?P<next>.)", re.DOTALL)
# Element types and attribute lists; a parameter entity may stand nowhere but in quotes, where it is none.
_HARMLESS = re.compile(
    rf"(?:{_BLANK}<!(?:ELEMENT|ATTLIST)\s(?:[^<>\"'%]|\"[^\"<]*+\"|'[^'<]*+')*+>)*+{_BLANK}"
)
_CLOSE = re.compile(r"\]\s*+>")


def withoutDoctype(document: bytes, what: str) -> str:
    """
    The text of a document without XML declaration and document type; nothing else of it is looked at.

    @param document: in ISO-8859-1, US-ASCII or UTF-8, as it declares
    @param what: how error messages name it
    @raise ProviderFailed: another encoding, or not in the one it declares; a document type that is elsewhere, or
        declares anything but elements and attributes: an entity or a notation, a parameter entity, a processing
        instruction
    """
    found = _DECLARATION.match(document)
    declared = (found["a"] or found["b"] or b"utf-8").decode() if found else "utf-8"
    encoding = _ENCODINGS.get(declared.lower())
    if encoding is None:
        raise ProviderFailed(f"{what} is in encoding {cut(declared, 40)}, which is not read")
    try:
        text = document[found.end() if found else 0 :].decode(encoding)
    except UnicodeDecodeError as error:
        raise ProviderFailed(f"{what} is not in {declared}, byte {error.start}") from None
    begun = _DOCTYPE.match(text)
    if begun is None:
        return text
    if begun["next"] != "[":
        if begun["next"] == ">":
            return text[begun.end() :]
        raise ProviderFailed(f"{what} has a document type that is elsewhere")
    harmless = _HARMLESS.match(text, begun.end())
    # It matches where there is nothing, too.
    assert harmless is not None
    position = harmless.end()
    closed = _CLOSE.match(text, position)
    if closed is None:
        if position == len(text):
            raise ProviderFailed(f"{what} was cut off in its document type")
        raise ProviderFailed(
            f"{what} declares more than elements and attributes in its document type:"
            f' "{cut(text[position:], 40)}"'
        )
    return text[closed.end() :]
