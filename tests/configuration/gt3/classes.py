"""Provider files for tests."""

from collections.abc import Mapping
from pathlib import Path

import attrs

from gma_twisted.configuration import Draft
from gma_twisted.configuration.gt3 import readProviders
from gma_twisted.nodes.providerfiles import providerClasses

__all__ = ["FILES", "read"]

FILES = Path(__file__).parent / "files"


def read(text: str | bytes, handlers: Mapping[str, str] | None = None) -> Draft:
    """Read a file named C{gt3.xml}, with the callback methods a node knows, or others."""
    data = text.encode() if isinstance(text, str) else text
    classes = providerClasses()
    if handlers is not None:
        classes = attrs.evolve(classes, handlers=handlers)
    return readProviders(data, "gt3.xml", classes)
