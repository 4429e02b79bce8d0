"""What a worker says, as its node reads it: bodies are looked at before they become parts of messages."""

from collections.abc import Iterator, Mapping

import attrs

from gma_twisted.errors import ParameterError
from gma_twisted.evaluation.frames import FrameReader, bodyStart, readAnswer
from gma_twisted.evaluation.messages import Answered, Changed, FromWorker
from gma_twisted.evaluation.results import XPATH_RESULTS, XQUERY_RESULTS
from gma_twisted.markup import OneElement

__all__ = ["AnswerReader"]

# A large body is looked at while it comes, some of it at a time: none takes a turn of the reactor for itself. Less
# would have a long attribute be looked at again too often.
_STEP = 64 * 1024
_HEAD = 16


@attrs.define(slots=True, eq=False)
class AnswerReader:
    """
    Reads what a worker says.

    @ivar most: bytes of one frame
    @ivar declared: namespace by prefix, where a body is put
    """

    most: int
    declared: Mapping[str, str]
    _frames: FrameReader = attrs.field(init=False, repr=False)
    # Of the frame that is not complete: its body, how far that was looked at, and what is wrong with it.
    _body: OneElement | None = attrs.field(default=None, init=False, repr=False)
    _at: int = attrs.field(default=0, init=False)
    _wrong: str = attrs.field(default="", init=False)

    def __attrs_post_init__(self) -> None:
        self._frames = FrameReader(self.most)

    def feed(self, data: bytes) -> Iterator[tuple[FromWorker, str]]:
        """
        What is complete with these bytes, each with what is wrong with its body: nothing, or why it is not one
        well-formed element, which is an answer to nobody.

        @raise TooLarge: see L{FrameReader.feed}
        @raise ParameterError: it is nothing a worker says
        """
        for frame in self._frames.feed(data):
            message = readAnswer(frame)
            if isinstance(message, Answered | Changed):
                self._look(message.body if self._body is None else frame[self._at :], True)
            wrong = self._wrong
            self._body, self._at, self._wrong = None, 0, ""
            yield message, wrong
        if self._frames.size - self._at >= _STEP:
            self._lookAhead()

    def _lookAhead(self) -> None:
        size = self._frames.size
        start = self._at
        if self._body is None:
            start = bodyStart(self._frames.begun(0, _HEAD)) or size
            if size - start < _STEP:
                return
        self._look(self._frames.begun(start), False)
        self._at = size

    def _look(self, piece: bytes, isLast: bool) -> None:
        if self._body is None:
            name = XPATH_RESULTS if piece.startswith(b"<ogsi:") else XQUERY_RESULTS
            self._body = OneElement(name, self.declared)
        if self._wrong:
            return
        try:
            self._body.feed(piece)
            if isLast:
                self._body.finish()
        except ParameterError as error:
            self._wrong = error.message
