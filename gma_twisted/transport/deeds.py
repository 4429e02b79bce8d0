"""What the Exchange tells the audit: who did, or tried, which deed, on what, and how it ended."""

import secrets
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any

from gma_twisted.errors import Busy, PartialFailure, RequestError, ServiceError
from gma_twisted.interfaces import IAudit, Request
from gma_twisted.model import Access, Deed, Handle, Locator
from gma_twisted.model.deed import UNKNOWN
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
        self._audit.record(
            Deed(
                identity,
                request.peer,
                bound.name,
                request.path,
                result,
                secrets.token_hex(6),
                _targetOf(arguments.values()),
                _madeOf(value) if bound.access in _MAKES else "",
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
                _targetOf(arguments.values()),
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


def _targetOf(values: Iterable[Any]) -> str:
    """The URL of the first service among arguments; empty without one."""
    for value in values:
        if type(value) in (list, tuple) and value:
            first = _targetOf(value[:1])
            if first:
                return f"{first} and {len(value) - 1} more" if value[1:] else first
        elif url := _urlOf(value):
            return url
    return ""


def _madeOf(value: Any) -> str:
    """The URL or id an answer begins with; empty without one."""
    first = value[0] if type(value) is tuple and value else value
    return first if type(first) is str else _urlOf(first)


def _urlOf(value: Any) -> str:
    if type(value) is Handle:
        return value.url
    return value.handles[0].url if type(value) is Locator and value.handles else ""
