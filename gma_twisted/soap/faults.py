"""The fault table: every error's element, side and status, read and written in one place (WIRE 3, 4)."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import zip_longest
from typing import Any

import attrs

from gma_twisted import errors
from gma_twisted.errors import GMAError, ParameterError, PeerFault, RequestError
from gma_twisted.markup import Element, escapeAttribute, escapeText, nameOf
from gma_twisted.markup.namespaces import GMA, OGSI, SOAP11, SOAP12, WSSE, XSI
from gma_twisted.markup.xsd import readQName, writeDateTime
from gma_twisted.model import Handle, Locator, QName
from gma_twisted.soap.types import LOCATOR, QNAMES, Part, elements, prefixed

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
    @ivar part: what its type adds to that of L{base}; C{None} for nothing
    """

    element: QName
    error: type[GMAError]
    part: Part | None = None

    @property
    def typeName(self) -> QName:
        """Schema type of the element, an extension of ogsi:FaultType."""
        name = self.element.localName
        if self.element.namespace == OGSI:
            return QName(OGSI, name[:1].upper() + name[1:] + "Type")
        return QName(GMA, name + "Type")

    @property
    def base(self) -> QName:
        """The type it extends: that of the error it is a kind of, in OGSI's part of the table, or ogsi:FaultType."""
        above = self.error.__mro__[1]
        parent = FAULTS.get(above.code) if issubclass(above, GMAError) else None
        if parent is None or parent.element.namespace != OGSI:
            return QName(OGSI, "FaultType")
        return parent.typeName

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
        errors.TimedOut,
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
    for error in ogsi:
        part, _ = _PARTS.get(error, (None, None))
        table[error.code] = FaultKind(QName(OGSI, error.code), error, part)
    return table


def _failed(error: errors.PartialFailure) -> Sequence[QName]:
    return [_clark(name) for name, _ in error.failures]


def _existing(error: errors.ServiceAlreadyExists) -> Locator:
    return Locator((Handle(error.existing),) if error.existing else ())


def _clark(text: str) -> QName:
    # Writing a fault never fails, however odd the name is: it is not checked again.
    namespace, _, local = text.rpartition("}")
    return QName(namespace.removeprefix("{"), local)


# Of each class with more to tell than OGSI's FaultType: the part, and its value.
_PARTS: Mapping[type[GMAError], tuple[Part, Callable[[Any], Any]]] = {
    errors.PartialFailure: (Part("failedServiceData", QNAMES), _failed),
    errors.ServiceAlreadyExists: (Part("existingService", LOCATOR), _existing),
}

FAULTS = _kinds()
"""By code. Errors of other codes travel as C{gma:Failed}, or C{gma:ParameterError} when the caller's."""

COMMON_FAULTS: Sequence[str] = (
    "NotImplementedException",
    "ParameterError",
    "UnknownId",
    "Refused",
    "Busy",
    "TooLarge",
    "TimedOut",
    "Failed",
)
"""Codes every operation may answer."""

_BY_TYPE = {kind.typeName: kind for kind in FAULTS.values()}
_FAILED = "serviceDataName"

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


def _isSecurity(error: GMAError) -> bool:
    return isinstance(error, errors.FailedAuthentication | errors.InvalidSecurity)


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
    # SOAP 1.1, 4.4: detail speaks of the Body; header errors and unreadable messages have none.
    isSecurity = _isSecurity(error)
    detail = (
        ""
        if _isVersion(error) or isSecurity
        else _Writer(originator, writeDateTime(wallTime), correlation).element(
            prefixed(kind.element), error, error.details
        )
    )
    side = error.code if _isVersion(error) else ("Client" if kind.isCallers else "Server")
    narrower = f' xmlns:wsse="{WSSE}">wsse:{error.code}' if isSecurity else ""
    if not isSoap12:
        code = narrower or f">soapenv:{side}"
        body = f"<faultcode{code}</faultcode><faultstring>{text}</faultstring>"
        body += f"<detail>{detail}</detail>" if detail else ""
        return _ENVELOPE.format(soap=SOAP11, fault=body).encode()
    side = {"Client": "Sender", "Server": "Receiver"}.get(side, side)
    if narrower:
        narrower = f"<soapenv:Subcode><soapenv:Value{narrower}</soapenv:Value></soapenv:Subcode>"
    body = (
        f"<soapenv:Code><soapenv:Value>soapenv:{side}</soapenv:Value>{narrower}</soapenv:Code>"
        f'<soapenv:Reason><soapenv:Text xml:lang="en">{text}</soapenv:Text></soapenv:Reason>'
    )
    body += f"<soapenv:Detail>{detail}</soapenv:Detail>" if detail else ""
    return _ENVELOPE.format(soap=SOAP12, fault=body).encode()


@attrs.frozen(slots=True)
class _Writer:
    """
    Writes ogsi:FaultType: the fault, and the causes in it.

    @ivar originator: handle of the service that answers
    @ivar timestamp: as text
    @ivar correlation: id the log has too
    """

    originator: str
    timestamp: str
    correlation: str

    def element(self, tag: str, error: GMAError, details: Mapping[str, str]) -> str:
        """
        One fault.

        @param tag: prefixed name, attributes may follow
        @param details: named facts
        """
        named = "".join(
            f'<gma:detail name="{escapeAttribute(name)}">{escapeText(value)}</gma:detail>'
            for name, value in details.items()
        )
        causes = "".join(self._causes(error))
        part, take = _PARTS.get(type(error), (None, None))
        extra = ""
        if part is not None and take is not None:
            extra = part.type.write(f"ogsi:{part.name}", take(error)).decode()
        return (
            f"<{tag}><ogsi:description>{escapeText(error.message)}</ogsi:description>"
            f"<ogsi:originator><ogsi:handle>{escapeText(self.originator)}</ogsi:handle></ogsi:originator>"
            f"<ogsi:timestamp>{self.timestamp}</ogsi:timestamp>{causes}"
            f'<ogsi:faultcode ogsi:faultscheme="{GMA}">{escapeText(error.code)}</ogsi:faultcode>'
            f'<ogsi:extension><gma:context correlation="{escapeAttribute(self.correlation)}">{named}</gma:context>'
            f"</ogsi:extension>{extra}</{tag.partition(' ')[0]}>"
        )

    def _causes(self, error: GMAError) -> Iterator[str]:
        if isinstance(error, errors.PartialFailure):
            for name, cause in error.failures:
                kind = prefixed(faultKind(cause).typeName)
                tag = f'ogsi:faultcause xmlns:xsi="{XSI}" xsi:type="{kind}"'
                # Which name it is about: OGSI has the names and the causes apart.
                yield self.element(tag, cause, {**cause.details, _FAILED: name})


def readFault(fault: Element) -> GMAError:
    """
    The error a peer's fault stands for: the same class that was raised there, or PeerFault.

    @param fault: the C{Fault} element of either version
    @return: with the details of ours that came along
    """
    parts = {nameOf(node).localName: node for node in elements(fault)}
    text = _textOf(parts.get("faultstring")) or _textOf(parts.get("Reason"))
    code = _codeOf(parts)
    container = parts.get("detail", parts.get("Detail"))
    detail = [] if container is None else list(elements(container))
    for entry in detail:
        name = nameOf(entry)
        kind = FAULTS.get(name.localName)
        if kind is not None and kind.element == name:
            return _errorOf(kind, entry, text or name.localName)
    if not detail and code in _HEADER_ERRORS:
        return _HEADER_ERRORS[code](text or code)
    if detail:
        name = nameOf(detail[0])
        return PeerFault(text or name.localName, name.clark)
    return PeerFault(text or "the peer answered a fault without a reason", code)


def _errorOf(kind: FaultKind, entry: Element, text: str) -> GMAError:
    error = kind.error(text)
    # Not as keywords: the names are the peer's.
    error.details = _details(entry)
    if isinstance(error, errors.PartialFailure):
        error.failures = tuple(_failures(entry))
    elif isinstance(error, errors.ServiceAlreadyExists):
        path = f"{{{OGSI}}}existingService/{{{OGSI}}}handle"
        error.existing = (entry.findtext(path) or "").strip()
    return error


def _failures(entry: Element) -> Iterator[tuple[str, GMAError]]:
    listed = entry.find(f"{{{OGSI}}}failedServiceData")
    try:
        names = [] if listed is None else [name.clark for name in QNAMES.read(listed)]
    except ParameterError:
        names = []  # the causes still say what happened
    causes = [_cause(node) for node in entry.findall(f"{{{OGSI}}}faultcause")]
    for name, cause in zip_longest(names, causes):
        error = cause or PeerFault("the peer told no cause")
        yield error.details.pop(_FAILED, name or ""), error


def _cause(node: Element) -> GMAError:
    text = (node.findtext(f"{{{OGSI}}}description") or "").strip()
    try:
        name = readQName(node.get(f"{{{XSI}}}type", ""), node.nsmap)
    except ParameterError:
        name = nameOf(node)
    kind = _BY_TYPE.get(name)
    if kind is None:
        return PeerFault(text or name.localName, name.clark)
    return _errorOf(kind, node, text or name.localName)


_HEADER_ERRORS = {
    error.code: error
    for error in (
        errors.VersionMismatch,
        errors.MustUnderstand,
        errors.FailedAuthentication,
        errors.InvalidSecurity,
    )
}


def _codeOf(parts: Mapping[str, Element]) -> str:
    """The local name of the fault's code; of SOAP 1.2 the subcode where that alone says which header error it is."""
    code = parts.get("Code")
    for node in elements(code) if code is not None else ():
        found = _textOf(node).rpartition(":")[2]
        if nameOf(node).localName == "Subcode" and found in _HEADER_ERRORS:
            return found
    return (_textOf(parts.get("faultcode")) or _textOf(code)).rpartition(":")[2]


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
