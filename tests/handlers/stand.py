"""A run, and what handlers make of documents in it."""

from gma_twisted.interfaces import IResultHandler
from gma_twisted.markup import Element, XMLGate
from gma_twisted.model import Lifetime, ProviderRun, Quiet, ServiceDataElement

__all__ = ["LIFETIME", "ORIGINATOR", "RUN", "contents", "given", "values"]

ORIGINATOR = "http://127.0.0.1:8480/services/index"
RUN = ProviderRun("tool", None, ORIGINATOR, 1000.0, 1.8e9, 30.0, 60.0)
LIFETIME = Lifetime(1000.0, 1030.0, 1090.0)


def given(
    handler: IResultHandler, document: bytes | Element, run: ProviderRun = RUN
) -> list[ServiceDataElement | Quiet]:
    """All that a handler gives for a document."""
    root = XMLGate().parse(document) if isinstance(document, bytes) else document
    return list(handler.handle(root, run))


def values(
    handler: IResultHandler, document: bytes | Element, run: ProviderRun = RUN
) -> list[ServiceDataElement]:
    """The values in it, quiet or not."""
    return [one.element if isinstance(one, Quiet) else one for one in given(handler, document, run)]


def contents(
    handler: IResultHandler, document: bytes | Element, run: ProviderRun = RUN
) -> list[bytes]:
    """Their contents."""
    return [one.content for one in values(handler, document, run)]
