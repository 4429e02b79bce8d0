"""Parameters of verbs, read as configurations read them, and the options many verbs share."""

import re
from collections.abc import Callable
from typing import Any

import click

from gma_twisted.configuration import kinds
from gma_twisted.errors import GMAError, ParameterError

__all__ = [
    "DURATION",
    "HANDLE",
    "PAIR",
    "PREFIX",
    "Parameter",
    "timeoutOption",
    "valuesTimeoutOption",
]

_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,6})?")


class Parameter(click.ParamType):  # type: ignore[type-arg]  # older clicks know no other way to write it
    """What a text stands for."""

    def __init__(self, name: str, read: Callable[[str], object]) -> None:
        """
        @param name: in the help
        @param read: raises L{GMAError} saying what would be right
        """
        self.name = name
        self._read = read

    def convert(
        self, value: Any, param: click.Parameter | None, context: click.Context | None
    ) -> Any:
        """See click, which also gives what was converted already."""
        if not isinstance(value, str):
            return value
        try:
            return self._read(value)
        except GMAError as error:
            self.fail(error.message, param, context)


def _readDuration(text: str) -> float:
    seconds = float(text) if _SECONDS.fullmatch(text) else kinds.DURATION.read(text)
    if not seconds:
        raise ParameterError(f"{text} is no time at all")
    return seconds


def _readPair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise ParameterError(f'"{text}" is no attribute; write NAME=VALUE')
    return name, value


def _readPrefix(text: str) -> tuple[str, str]:
    prefix, equals, uri = text.partition("=")
    if not prefix or not equals:
        raise ParameterError(f'"{text}" declares no prefix; write PREFIX=URI')
    return prefix, uri


DURATION = Parameter("duration", _readDuration)
"""C{30s}, C{2m}, C{500ms}, or a number of seconds; above 0."""

HANDLE = Parameter("handle", kinds.HANDLE.read)
"""The URL of a service."""

PAIR = Parameter("name=value", _readPair)
"""A name and a text."""

PREFIX = Parameter("prefix=uri", _readPrefix)
"""A prefix and the namespace it stands for."""

timeoutOption = click.option(
    "--timeout",
    default="10s",
    show_default=True,
    type=DURATION,
    help="How long to wait for an answer.",
)
"""Gives a verb C{timeout}, in seconds."""

# Above answer_timeout, for expressions and for providers that run on demand: the node shall have the last word.
valuesTimeoutOption = click.option(
    "--timeout",
    default="40s",
    show_default=True,
    type=DURATION,
    help="How long to wait for an answer; a node may take 30 s for one.",
)
"""The same for a verb that asks what values a node has, or has it evaluate expressions."""
