"""A question that is kept, as the node knows it."""

from collections.abc import Callable
from hashlib import blake2b

import attrs

from gma_twisted.errors import GMAError
from gma_twisted.evaluation.results import withoutLifetimes
from gma_twisted.model import QName, Question
from gma_twisted.queries.interests import namesOf

__all__ = ["Kept"]


@attrs.define(eq=False, slots=True)
class Kept:
    """
    A question and who hears of its answers.

    @ivar id: as the worker knows it
    @ivar changed: hears of another answer
    @ivar refused: hears that there will be none any more
    @ivar client: who had it checked; empty when that is not known
    @ivar names: whose values it sees
    @ivar isPut: this worker has it
    """

    id: int
    question: Question
    changed: Callable[[bytes], None]
    refused: Callable[[GMAError], None]
    client: str = ""
    names: frozenset[QName] = attrs.field(init=False)
    isPut: bool = attrs.field(default=False, init=False)
    # Of the answer that was told last.
    _digest: bytes = attrs.field(default=b"", init=False, repr=False)

    def __attrs_post_init__(self) -> None:
        self.names = namesOf(self.question)

    def hear(self, body: bytes) -> None:
        """
        Tell an answer, unless it says what the one before said: a worker that took the place of another one does not
        know what that has told.
        """
        digest = blake2b(withoutLifetimes(body), digest_size=16).digest()
        if digest != self._digest:
            self._digest = digest
            self.changed(body)
