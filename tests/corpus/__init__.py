"""Raw requests and what must come back: one file a family, one L{Case} a connection.

Data only; C{tests/integration/test_corpus.py} sends it to a server.
"""

from collections.abc import Mapping

from tests.corpus import (
    bodies,
    chunks,
    coding,
    envelopes,
    expectations,
    fields,
    finding,
    host,
    length,
    persistence,
    requestline,
    xmlgate,
)
from tests.corpus.case import Case

__all__ = ["FAMILIES", "Case"]

FAMILIES: Mapping[str, tuple[Case, ...]] = {
    "request line": requestline.CASES,
    "host": host.CASES,
    "fields": fields.CASES,
    "length": length.CASES,
    "coding": coding.CASES,
    "chunks": chunks.CASES,
    "bodies": bodies.CASES,
    "expectations": expectations.CASES,
    "persistence": persistence.CASES,
    "xml gate": xmlgate.CASES,
    "envelopes": envelopes.CASES,
    "finding": finding.CASES,
}
"""Every case, by family."""
