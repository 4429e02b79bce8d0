"""What a worker may take, told to it as it is started."""

import json
from collections.abc import Mapping

import attrs

from gma_twisted.model import Language

__all__ = ["OUT_OF_MEMORY", "OWN_WORDS", "WorkerBounds", "boundsOf"]

_MIB = 1024**2

OUT_OF_MEMORY = 12
"""Exit status of a worker that got no more memory."""

OWN_WORDS = "query worker: "
"""What a worker's own line on standard error begins with."""


@attrs.frozen(slots=True)
class WorkerBounds:
    """
    Bounds of one worker.

    @ivar base: bytes of memory it has without a value, for itself and what an expression builds
    @ivar element: bytes it has beside for each of C{elements}
    @ivar elements: values for which it has memory
    @ivar kept: bytes for what the kept questions gave last, of all of them
    """

    base: int
    element: int
    elements: int
    kept: int = 256 * _MIB

    @property
    def memory(self) -> int:
        """Bytes it has in all."""
        return self.base + self.element * self.elements + self.kept

    @property
    def text(self) -> str:
        """As an argument of the program."""
        return json.dumps(attrs.asdict(self))

    @staticmethod
    def read(text: str) -> "WorkerBounds":
        """
        Read what L{text} wrote.

        @raise ValueError: it did not write that
        """
        fields = json.loads(text)
        if not isinstance(fields, dict):
            raise ValueError("bounds are an object")
        try:
            return WorkerBounds(**{name: int(value) for name, value in fields.items()})
        except TypeError as error:
            raise ValueError(str(error)) from None


# Measured: a value of 300 bytes takes 7 KiB in XPath. There is room for values of a kilobyte or two.
_MEMORY: Mapping[Language, tuple[int, int]] = {
    Language.XPATH: (256 * _MIB, 24 * 1024),
    Language.XQUERY: (1024 * _MIB, 24 * 1024),
}


def boundsOf(language: Language, elements: int) -> WorkerBounds:
    """What a worker of a language needs. @param elements: see L{WorkerBounds}"""
    base, element = _MEMORY[language]
    return WorkerBounds(base, element, elements)
