"""What C{subscribe} is asked with: C{ogsi:subscribeByServiceDataNames}, or a question (OGSI 1.0, 11.1; WIRE 3)."""

import math
from collections.abc import Mapping

import attrs

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import GMA, OGSI, ogsi
from gma_twisted.markup.xsd import readDuration, writeDuration
from gma_twisted.model import Language, QName, Topic
from gma_twisted.soap.questions import (
    SUBSCRIBE_DIALECTS,
    QuestionLimits,
    readQuestionParts,
    writeQuestionParts,
)
from gma_twisted.soap.selectors import NAME_LISTS, readFlag, readSelectors, writeSelectors

__all__ = [
    "DIALECTS",
    "SubscribeExpression",
    "readSubscribeExpression",
    "writeSubscribeExpression",
]

_BY_NAMES = ogsi("subscribeByServiceDataNames")

DIALECTS: Mapping[QName, Language | None] = {
    _BY_NAMES: None,
    **{root: language for language, roots in SUBSCRIBE_DIALECTS.items() for root in roots},
}
"""Root elements of what can be read, with the language of the question in them; C{None} for names."""

_INTERVALS = ("minInterval", "maxInterval")
_SNAPSHOT = f"{{{GMA}}}snapshot"
_CHANGES = f"{{{GMA}}}changes"
# Of every expression; gma:changes is read, for a question to refuse it in its own words.
_COMMON = frozenset(
    (_SNAPSHOT, _CHANGES, *_INTERVALS, *(f"{{{OGSI}}}{name}" for name in _INTERVALS))
)
_ATTRIBUTES = _COMMON | {*NAME_LISTS}
_NO_LIMITS = QuestionLimits()


@attrs.frozen(slots=True)
class SubscribeExpression:
    """
    What a subscriber asks for.

    @ivar topic: which values, and in which kind of notices, or which question
    @ivar minInterval: seconds between two notices at least; finite
    @ivar maxInterval: seconds after which a notice comes although nothing changed, above 0; C{inf} for never
    @ivar wantsSnapshot: whether everything there is, or the answer to the question, comes first (C{gma:snapshot})
    """

    topic: Topic
    minInterval: float = 0.0
    maxInterval: float = math.inf
    wantsSnapshot: bool = False

    def __attrs_post_init__(self) -> None:
        """@raise ParameterError: the intervals cannot be kept; the message says why"""
        if not 0 <= self.minInterval < math.inf:
            raise ParameterError(
                f"minInterval {writeDuration(self.minInterval)} lets no notice through; give a duration"
            )
        if not self.maxInterval > 0:
            raise ParameterError(
                "maxInterval of no length sends without a pause; give a duration or infinity"
            )
        if self.minInterval > self.maxInterval:
            raise ParameterError(
                f"minInterval {writeDuration(self.minInterval)} is longer than"
                f" maxInterval {writeDuration(self.maxInterval)}"
            )


def readSubscribeExpression(
    element: Element, maxNames: int, limits: QuestionLimits = _NO_LIMITS
) -> SubscribeExpression:
    """
    Read a subscription by names or by a question: both as in a query, intervals qualified or not (WIRE 3, tolerances).

    @param maxNames: of a subscription by names
    @param limits: of a question
    @raise ExtensibilityTypeError: malformed, or intervals that cannot be kept; the message says what
    @raise TooLarge: more than C{maxNames} names, or a bound of a question, named
    """
    name = nameOf(element)
    if name not in DIALECTS:
        raise ExtensibilityTypeError(
            f'"{cut(name)}" is not ogsi:subscribeByServiceDataNames, gma:subscribeByXPath or gma:subscribeByXQuery'
        )
    language = DIALECTS[name]
    try:
        return SubscribeExpression(
            _topic(element, maxNames) if language is None else _question(element, language, limits),
            _interval(element, "minInterval", 0.0),
            _interval(element, "maxInterval", math.inf),
            readFlag(element, "snapshot"),
        )
    except ParameterError as error:
        raise ExtensibilityTypeError(error.message) from None


def _topic(element: Element, maxNames: int) -> Topic:
    selectors = readSelectors(element, _ATTRIBUTES, maxNames, "subscription")
    return Topic(selectors, readFlag(element, "changes"))


def _question(element: Element, language: Language, limits: QuestionLimits) -> Topic:
    question = readQuestionParts(element, language, _COMMON, limits)
    if readFlag(element, "changes"):
        raise ExtensibilityTypeError(
            f"{nameOf(element).localName} takes no gma:changes: each notice has the whole answer"
        )
    return Topic.asking(question)


def _interval(element: Element, name: str, default: float) -> float:
    text = element.get(f"{{{OGSI}}}{name}", element.get(name))
    try:
        return default if text is None else readDuration(text)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error.message}") from None


def writeSubscribeExpression(expression: SubscribeExpression) -> bytes:
    """The element with the declarations it needs; intervals and flags that are as without them are left out."""
    attributes = ""
    if expression.minInterval:
        attributes += f' ogsi:minInterval="{writeDuration(expression.minInterval)}"'
    if expression.maxInterval != math.inf:
        attributes += f' ogsi:maxInterval="{writeDuration(expression.maxInterval)}"'
    if expression.wantsSnapshot:
        attributes += ' gma:snapshot="true"'
    topic = expression.topic
    if topic.wantsChanges:
        attributes += ' gma:changes="true"'
    if topic.question is None:
        tag, content = f"ogsi:{_BY_NAMES.localName}", writeSelectors(topic.selectors)
    else:
        tag = f"gma:{SUBSCRIBE_DIALECTS[topic.question.language][0].localName}"
        more, content = writeQuestionParts(topic.question)
        attributes += more
    return f'<{tag} xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}"{attributes}>{content}</{tag}>'.encode()
