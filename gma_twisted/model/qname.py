"""Qualified names in Clark notation, the key of everything: service data, operations, faults."""

import re
from functools import lru_cache

import attrs

from gma_twisted.errors import ParameterError, cut

__all__ = ["MAX_QNAME", "QName"]

MAX_QNAME = 1024
"""Most characters of a name in Clark notation."""

# Namespaces in XML 1.0: no colon in a local part. \w covers the letters XML allows plus a few digits-like
# characters; the strict set is the parser's business, names from configuration are checked here.
_NCNAME = re.compile(r"[^\W\d][\w.\-·]*\Z")
_CURE = "write {uri}local"


@attrs.frozen(slots=True, order=True, cache_hash=True, repr=False)
class QName:
    """
    An expanded XML name.

    @ivar namespace: the namespace URI, empty for none
    @ivar localName: the local part, an NCName
    """

    namespace: str
    localName: str

    @staticmethod
    def parse(text: str) -> "QName":
        """
        Read Clark notation, C{{uri}local} or C{local}; surrounding blanks are dropped (WIRE 3, tolerances).

        @raise ParameterError: malformed or longer than L{MAX_QNAME}
        """
        name = text.strip()
        if len(name) > MAX_QNAME:
            raise ParameterError(f"name longer than {MAX_QNAME} characters: {cut(name, 60)}")
        return _parsed(name)

    @property
    def clark(self) -> str:
        """Clark notation, as lxml spells tags."""
        return f"{{{self.namespace}}}{self.localName}" if self.namespace else self.localName

    def __str__(self) -> str:
        return self.clark

    def __repr__(self) -> str:
        return f"QName({self.clark!r})"


# The names that are asked for, and the interfaces of services, are few; 1,024 of the longest take some megabytes.
@lru_cache(maxsize=1024)
def _parsed(name: str) -> QName:
    namespace, local = "", name
    if name.startswith("{"):
        namespace, brace, local = name[1:].partition("}")
        if not brace:
            raise ParameterError(f'name "{cut(name)}" has no closing brace', cure=_CURE)
    if not _NCNAME.match(local):
        raise ParameterError(f'"{cut(local)}" is not an XML name', cure=_CURE)
    return QName(namespace, local)
