"""How a verb ends: exit statuses, and errors as one line on the standard error."""

import enum
import sys
from typing import IO, Any

import click

from gma_twisted.command.output import safe
from gma_twisted.errors import (
    ConfigError,
    GMAError,
    MatchFailed,
    NoReferencesAvailable,
    PartialFailure,
    PeerError,
    PeerFault,
    PeerUnreachable,
    TargetInvalid,
    UnknownId,
)

__all__ = ["Exit", "Failure", "failureOf"]

_ABSENT = (MatchFailed, NoReferencesAvailable, TargetInvalid, UnknownId)


class Exit(enum.IntEnum):
    """Exit statuses; 2 is click's own for a command line it does not understand."""

    OK = 0
    NO = 1
    """A check failed, or nothing was found."""
    USAGE = 2
    UNREACHABLE = 3
    FAULT = 4
    """The node answered that it will not, or something that cannot be read."""
    PARTIAL = 5
    """A part of what was asked was done; what was not is named."""


class Failure(click.ClickException):
    """The end of a verb that did not do what it was asked."""

    def __init__(self, message: str, status: Exit) -> None:
        """@param message: what, where, what to try; without the verb"""
        super().__init__(message)
        self.status = status

    def show(self, file: IO[Any] | None = None) -> None:
        """See click; data stays alone on the standard output."""
        click.echo(f"gma: {safe(self.format_message())}", file=file or sys.stderr)

    # click's name for it, and its way of asking.
    @property
    def exit_code(self) -> int:  # type: ignore[override]
        """The exit status."""
        return int(self.status)


def failureOf(error: GMAError) -> Failure:
    """
    What an error of the package is for the command line: what a service answered names its code.

    That there is no such thing as was asked for is C{NO}, every other answer that is no C{FAULT}.
    """
    if isinstance(error, PeerUnreachable):
        return Failure(error.message, Exit.UNREACHABLE)
    if isinstance(error, ConfigError):
        return Failure(error.message, Exit.NO)
    if isinstance(error, PeerError):
        fault = error.fault if isinstance(error, PeerFault) else ""
        return Failure(f"{error.message} ({fault})" if fault else error.message, Exit.FAULT)
    status = Exit.FAULT
    if isinstance(error, _ABSENT):
        status = Exit.NO
    elif isinstance(error, PartialFailure):
        status = Exit.PARTIAL
    return Failure(f"{error.message} ({error.code})", status)
