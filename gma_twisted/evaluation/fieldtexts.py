"""What values have of a name, looked up in their bytes: a tree is made of those only that a question is put to."""

import re
from collections.abc import Callable, Sequence

from gma_twisted.evaluation.columns import MOST_TEXTS
from gma_twisted.evaluation.needs import Field
from gma_twisted.evaluation.replica import Copy

__all__ = ["textsOf"]

# A quoted text of a tag has no "<", and its own quotes are its end. Nothing is consumed: what only looks like an
# attribute, within a text, must not hide one behind it.
_ATTRIBUTE = rb"""%b%b\s*=(?=\s*(?:"([^"<]*)"|'([^'<]*)'))"""
# What is left of the start tag, the text after it, and whether that is all there is in the element.
_ELEMENT = (
    rb"""<(?:[^\s<>/:"'=]+:)?%b(?=((?:[\s/](?:[^<>"']|"[^"<]*"|'[^'<]*')*+)?)>([^<]*)(</)?)"""
)
# A parser gives another text for these.
_WRITTEN_OTHERWISE = re.compile(rb"[&\t\r\n]")
# More than are looked at: anything may be among them.
_ANYTHING = ("",) * (MOST_TEXTS + 1)


def textsOf(field: Field, copies: Sequence[Copy]) -> Sequence[Sequence[str]]:
    """
    The texts of the nodes of a name, for each of some values.

    @return: these at least: there may be texts of others among them, of the same local name or within a text. More
        than L{MOST_TEXTS} when they are not known
    """
    name = re.escape(field.localName.encode())
    read: Callable[[Sequence[tuple[bytes, ...]]], Sequence[str]]
    if field.isAttribute:
        pattern, read = _ATTRIBUTE % (rb":" if field.namespace else rb"\s", name), _attributes
    else:
        pattern, read = _ELEMENT % name, _elements
    find = re.compile(pattern).findall
    return [read(find(copy.element.head + copy.element.tail)) for copy in copies]


def _attributes(found: Sequence[tuple[bytes, ...]]) -> Sequence[str]:
    return _texts([double or single for double, single in found])


def _elements(found: Sequence[tuple[bytes, ...]]) -> Sequence[str]:
    texts = []
    for tag, text, end in found:
        if tag.endswith(b"/"):
            texts.append(b"")
        elif end:
            texts.append(text)
        else:
            return _ANYTHING
    return _texts(texts)


def _texts(found: Sequence[bytes]) -> Sequence[str]:
    if any(map(_WRITTEN_OTHERWISE.search, found)):
        return _ANYTHING
    try:
        return [text.decode() for text in found]
    except UnicodeDecodeError:  # whoever parses it says what is wrong with it
        return _ANYTHING
