"""What the Exchange tells the audit: who did, or tried, which deed, on what, and how it ended."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from typing import Any

from gma_twisted.errors import Busy, PartialFailure, RequestError, ServiceError
from gma_twisted.interfaces import IAudit, Request
from gma_twisted.model import Access, Deed, Handle, Locator
from gma_twisted.model.deed import UNKNOWN
from gma_twisted.model.gma import GMAEntry
from gma_twisted.transport.family import RowOperation
from gma_twisted.transport.outcome import resultOf
from gma_twisted.transport.service import BoundOperation

__all__ = ["Deeds"]

_MAKES = frozenset({Access.REGISTER, Access.SUBSCRIBE, Access.AGGREGATE, Access.CREATE})
"""What makes something that has an id; what another operation answers may be a secret, and is nobody's id."""


class Deeds:
    """Makes the lines of an audit; what belongs into it, the Exchange decides."""

    __slots__ = ("_audit",)

    def __init__(self, audit: IAudit) -> None:
        """@param audit: keeps them"""
        self._audit = audit

    def done(
        self,
        request: Request,
        bound: BoundOperation | RowOperation,
        identity: str,
        arguments: Mapping[str, Any],
        value: Any,
    ) -> None:
        """
        An operation was done.

        @param value: what the role gave
        @raise Busy: see L{IAudit.record}
        """
        result = resultOf(value)
        target = _targetOf(bound.operation.target, arguments)
        # What answers with the id it was called with has made nothing.
        made = _madeOf(value) if bound.access in _MAKES else ""
        self._audit.record(
            Deed(
                identity,
                request.peer,
                bound.name,
                request.path,
                result,
                secrets.token_hex(6),
                target,
                made if made != target else "",
                result is not UNKNOWN,
            )
        )

    def failed(
        self,
        request: Request,
        bound: BoundOperation | RowOperation,
        identity: str,
        arguments: Mapping[str, Any],
        error: BaseException,
        correlation: str,
    ) -> None:
        """
        An operation was refused, or failed, and may be done all the same.

        @param correlation: id the fault and the log have too
        @raise Busy: see L{IAudit.record}
        """
        isRefusal = isinstance(error, RequestError | Busy) and not isinstance(error, PartialFailure)
        self._audit.record(
            Deed(
                identity,
                request.peer,
                bound.name,
                request.path,
                getattr(error, "code", ServiceError.code),
                correlation,
                _targetOf(bound.operation.target, arguments),
                mayBeDone=not isRefusal,
            )
        )

    def note(
        self,
        identity: str,
        peer: str,
        operation: str,
        path: str,
        error: Exception | None,
        result: str = "ok",
        target: str = "",
    ) -> None:
        """
        Something that is no operation of a service, and may change something, or was tried with a wrong token.

        @param error: why it was refused; C{None} when it was let in
        @param target: see L{Deed <gma_twisted.model.Deed>}
        @param result: what became of it then, see L{Deed <gma_twisted.model.Deed>}
        """
        code = result if error is None else getattr(error, "code", ServiceError.code)
        deed = Deed(identity, peer, operation, path, code, secrets.token_hex(6), target)
        # What a page answers with 4xx it has not done (RFC 9110, 15.5).
        deed.mayBeDone = error is None and not result.startswith("4")
        # An operator who cannot write the audit must be able to do something about it.
        with suppress(Busy):
            self._audit.record(deed)


def _targetOf(part: str, arguments: Mapping[str, Any]) -> str:
    """
    What an operation was called for: what its declaration says, or the first service among its arguments.

    @param part: see L{Operation.target <gma_twisted.soap.Operation>}
    """
    return _named((arguments.get(part),), _idOf) if part else _named(arguments.values(), _urlOf)


def _named(values: Iterable[Any], nameOf: Callable[[Any], str]) -> str:
    """The first name among values; empty without one."""
    for value in values:
        if type(value) in (list, tuple) and value:
            first = _named(value[:1], nameOf)
            if first:
                return f"{first} and {len(value) - 1} more" if value[1:] else first
        elif name := nameOf(value):
            return name
    return ""


def _madeOf(value: Any) -> str:
    """The URL or id an answer begins with; empty without one."""
    return _idOf(value[0] if type(value) is tuple and value else value)


def _idOf(value: Any) -> str:
    if type(value) is int:
        return str(value)
    return value if type(value) is str else _urlOf(value)


def _urlOf(value: Any) -> str:
    if type(value) is Handle:
        return value.url
    if type(value) is GMAEntry:
        return value.endpoint
    return value.handles[0].url if type(value) is Locator and value.handles else ""
