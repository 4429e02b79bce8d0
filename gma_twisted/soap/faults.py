"""The fault table: every error's element, side and status, read and written in one place (WIRE 3, 4)."""

from collections.abc import Sequence

import attrs

from gma_twisted import errors
from gma_twisted.errors import GMAError, PeerFault, RequestError
from gma_twisted.markup import Element, escapeAttribute, escapeText, nameOf
from gma_twisted.markup.namespaces import GMA, OGSI, SOAP11, SOAP12
from gma_twisted.markup.xsd import writeDateTime
from gma_twisted.model import QName
from gma_twisted.soap.types import elements, prefixed

__all__ = [
    "COMMON_FAULTS",
    "FAULTS",
    "FaultKind",
    "faultKind",
    "readFault",
    "statusOf",
    "writeFault",
]


@attrs.frozen(slots=True)
class FaultKind:
    """
    How an error travels.

    @ivar element: the detail element
    @ivar error: the class raised here and at the caller's proxy
    """

    element: QName
    error: type[GMAError]

    @property
    def typeName(self) -> QName:
        """Schema type of the element, an extension of ogsi:FaultType."""
        name = self.element.localName
        if self.element.namespace == OGSI:
            return QName(OGSI, name[:1].upper() + name[1:] + "Type")
        return QName(GMA, name + "Type")

    @property
    def isCallers(self) -> bool:
        """Whether the caller is at fault: Client, Sender."""
        return issubclass(self.error, RequestError)


def _kinds() -> dict[str, FaultKind]:
    own = (
        errors.NotImplementedException,
        errors.ParameterError,
        errors.UnknownId,
        errors.Refused,
        errors.Busy,
        errors.TooLarge,
        errors.ServiceError,
    )
    ogsi = (
        errors.ExtensibilityNotSupported,
        errors.ExtensibilityTypeError,
        errors.TargetInvalid,
        errors.CardinalityViolation,
        errors.MutabilityViolation,
        errors.ModifiabilityViolation,
        errors.TypeViolation,
        errors.IncorrectValue,
        errors.TerminationTimeUnchanged,
        errors.ServiceNotDestroyed,
        errors.PartialFailure,
        errors.AddRefused,
        errors.ContentCreationFailed,
        errors.UnsupportedMemberInterface,
        errors.MatchFailed,
        errors.RemoveFailed,
        errors.ServiceAlreadyExists,
        errors.InvalidHandle,
        errors.NoReferencesAvailable,
        errors.NoAdditionalReferencesAvailable,
        errors.NoSuchService,
        errors.ServiceHasTerminated,
    )
    table = {error.code: FaultKind(QName(GMA, error.code), error) for error in own}
    table |= {error.code: FaultKind(QName(OGSI, error.code), error) for error in ogsi}
    return table


FAULTS = _kinds()
"""By code. Errors of other codes travel as C{gma:Failed}, or C{gma:ParameterError} when the caller's."""

COMMON_FAULTS: Sequence[str] = (
    "NotImplementedException",
    "ParameterError",
    "UnknownId",
    "Refused",
    "Busy",
    "TooLarge",
    "Failed",
)
"""Codes every operation may answer."""

_ENVELOPE = (
    '<?xml version="1.0" encoding="utf-8"?>\n'
    '<soapenv:Envelope xmlns:soapenv="{soap}" xmlns:ogsi="' + OGSI + '" xmlns:gma="' + GMA + '">'
    "<soapenv:Body><soapenv:Fault>{fault}</soapenv:Fault></soapenv:Body></soapenv:Envelope>"
)


def faultKind(error: GMAError) -> FaultKind:
    """How this error travels."""
    found = FAULTS.get(error.code)
    return found or FAULTS["ParameterError" if isinstance(error, RequestError) else "Failed"]


def statusOf(error: GMAError, isSoap12: bool) -> int:
    """HTTP status: SOAP 1.1 always 500, SOAP 1.2 400 when the sender is at fault (RELIABILITY, Gates)."""
    return 400 if isSoap12 and faultKind(error).isCallers and not _isVersion(error) else 500


def _isVersion(error: GMAError) -> bool:
    return isinstance(error, errors.VersionMismatch | errors.MustUnderstand)


def writeFault(
    error: GMAError, isSoap12: bool, originator: str, wallTime: float, correlation: str
) -> bytes:
    """
    The whole envelope of a fault.

    @param originator: handle of the service that answers
    @param wallTime: seconds since 1970
    @param correlation: id the log has too
    """
    kind = faultKind(error)
    text = escapeText(error.message)
    tag = prefixed(kind.element)
    named = "".join(
        f'<gma:detail name="{escapeAttribute(name)}">{escapeText(value)}</gma:detail>'
        for name, value in error.details.items()
    )
    # SOAP 1.1, 4.4: detail speaks of the Body; header errors and unreadable messages have none.
    detail = (
        ""
        if _isVersion(error)
        else (
            f"<{tag}><ogsi:description>{text}</ogsi:description>"
            f"<ogsi:originator><ogsi:handle>{escapeText(originator)}</ogsi:handle></ogsi:originator>"
            f"<ogsi:timestamp>{writeDateTime(wallTime)}</ogsi:timestamp>"
            f'<ogsi:faultcode ogsi:faultscheme="{GMA}">{escapeText(error.code)}</ogsi:faultcode>'
            f'<ogsi:extension><gma:context correlation="{escapeAttribute(correlation)}">{named}</gma:context>'
            f"</ogsi:extension></{tag}>"
        )
    )
    side = error.code if _isVersion(error) else ("Client" if kind.isCallers else "Server")
    if not isSoap12:
        body = f"<faultcode>soapenv:{side}</faultcode><faultstring>{text}</faultstring>"
        body += f"<detail>{detail}</detail>" if detail else ""
        return _ENVELOPE.format(soap=SOAP11, fault=body).encode()
    side = {"Client": "Sender", "Server": "Receiver"}.get(side, side)
    body = (
        f"<soapenv:Code><soapenv:Value>soapenv:{side}</soapenv:Value></soapenv:Code>"
        f'<soapenv:Reason><soapenv:Text xml:lang="en">{text}</soapenv:Text></soapenv:Reason>'
    )
    body += f"<soapenv:Detail>{detail}</soapenv:Detail>" if detail else ""
    return _ENVELOPE.format(soap=SOAP12, fault=body).encode()


def readFault(fault: Element) -> GMAError:
    """
    The error a peer's fault stands for: the same class that was raised there, or PeerFault.

    @param fault: the C{Fault} element of either version
    @return: with the details of ours that came along
    """
    parts = {nameOf(node).localName: node for node in elements(fault)}
    text = _textOf(parts.get("faultstring")) or _textOf(parts.get("Reason"))
    code = (_textOf(parts.get("faultcode")) or _textOf(parts.get("Code"))).rpartition(":")[2]
    container = parts.get("detail", parts.get("Detail"))
    detail = [] if container is None else list(elements(container))
    for entry in detail:
        name = nameOf(entry)
        kind = FAULTS.get(name.localName)
        if kind is not None and kind.element == name:
            error = kind.error(text or name.localName)
            # Not as keywords: the names are the peer's.
            error.details = _details(entry)
            return error
    if not detail and code in _HEADER_ERRORS:
        return _HEADER_ERRORS[code](text or code)
    if detail:
        name = nameOf(detail[0])
        return PeerFault(text or name.localName, name.clark)
    return PeerFault(text or "the peer answered a fault without a reason", code)


_HEADER_ERRORS = {error.code: error for error in (errors.VersionMismatch, errors.MustUnderstand)}


def _textOf(node: Element | None) -> str:
    # SOAP 1.1 has the text in the node, SOAP 1.2 in its first child.
    if node is None:
        return ""
    return next(((child.text or "").strip() for child in elements(node)), (node.text or "").strip())


def _details(entry: Element) -> dict[str, str]:
    return {
        node.get("name", ""): node.text or ""
        for extension in entry.findall(f"{{{OGSI}}}extension")
        for context in extension.findall(f"{{{GMA}}}context")
        for node in context.findall(f"{{{GMA}}}detail")
    }
