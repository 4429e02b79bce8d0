"""What C{subscribe} is asked with: C{ogsi:subscribeByServiceDataNames} (OGSI 1.0, 11.1; WIRE 3)."""

import math

import attrs

from gma_twisted.errors import ExtensibilityTypeError, ParameterError, cut
from gma_twisted.markup import Element
from gma_twisted.markup.namespaces import GMA, OGSI
from gma_twisted.markup.xsd import readBoolean, readDuration, writeDuration
from gma_twisted.model import Topic
from gma_twisted.soap.selectors import NAME_LISTS, readSelectors, writeSelectors

__all__ = ["SubscribeExpression", "readSubscribeExpression", "writeSubscribeExpression"]

_ROOT = f"{{{OGSI}}}subscribeByServiceDataNames"
_SNAPSHOT = f"{{{GMA}}}snapshot"
_CHANGES = f"{{{GMA}}}changes"
_INTERVALS = ("minInterval", "maxInterval")
_ATTRIBUTES = frozenset(
    (*NAME_LISTS, _SNAPSHOT, _CHANGES, *_INTERVALS, *(f"{{{OGSI}}}{name}" for name in _INTERVALS))
)


@attrs.frozen(slots=True)
class SubscribeExpression:
    """
    What a subscriber asks for.

    @ivar topic: which values, and in which kind of notices
    @ivar minInterval: seconds between two notices at least; finite
    @ivar maxInterval: seconds after which a notice comes although nothing changed, above 0; C{inf} for never
    @ivar wantsSnapshot: whether everything there is comes first (C{gma:snapshot})
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


def readSubscribeExpression(element: Element, maxNames: int) -> SubscribeExpression:
    """
    Read a subscription by names: names as in a query, intervals qualified or not (WIRE 3, tolerances).

    @raise ExtensibilityTypeError: malformed, or intervals that cannot be kept; the message says what
    @raise TooLarge: more than C{maxNames} names
    """
    if element.tag != _ROOT:
        raise ExtensibilityTypeError(
            f'"{cut(element.tag)}" is not ogsi:subscribeByServiceDataNames'
        )
    selectors = readSelectors(element, _ATTRIBUTES, maxNames, "subscription")
    try:
        return SubscribeExpression(
            Topic(selectors, _flag(element, _CHANGES, "gma:changes")),
            _interval(element, "minInterval", 0.0),
            _interval(element, "maxInterval", math.inf),
            _flag(element, _SNAPSHOT, "gma:snapshot"),
        )
    except ParameterError as error:
        raise ExtensibilityTypeError(error.message) from None


def _interval(element: Element, name: str, default: float) -> float:
    text = element.get(f"{{{OGSI}}}{name}", element.get(name))
    try:
        return default if text is None else readDuration(text)
    except ParameterError as error:
        raise ParameterError(f"{name}: {error.message}") from None


def _flag(element: Element, attribute: str, shown: str) -> bool:
    try:
        return readBoolean(element.get(attribute, "false"))
    except ParameterError as error:
        raise ParameterError(f"{shown}: {error.message}") from None


def writeSubscribeExpression(expression: SubscribeExpression) -> bytes:
    """The element with the declarations it needs; intervals and flags that are as without them are left out."""
    attributes = ""
    if expression.minInterval:
        attributes += f' ogsi:minInterval="{writeDuration(expression.minInterval)}"'
    if expression.maxInterval != math.inf:
        attributes += f' ogsi:maxInterval="{writeDuration(expression.maxInterval)}"'
    if expression.wantsSnapshot:
        attributes += ' gma:snapshot="true"'
    if expression.topic.wantsChanges:
        attributes += ' gma:changes="true"'
    return (
        f'<ogsi:subscribeByServiceDataNames xmlns:ogsi="{OGSI}" xmlns:gma="{GMA}"{attributes}>'
        f"{writeSelectors(expression.topic.selectors)}</ogsi:subscribeByServiceDataNames>"
    ).encode()
