"""Every error the project raises on purpose, in four families by whose fault it is.

C{code} is stable: it is the fault code on the wire and the key in the log; C{retry} says whether the same
call may succeed later. Floor 0: of the project it imports what knows secrets.
"""

import re
from collections.abc import Sequence
from typing import ClassVar

from gma_twisted.redaction import redacted

__all__ = [
    "AddRefused",
    "Busy",
    "CardinalityViolation",
    "ConfigError",
    "ContentCreationFailed",
    "ExtensibilityNotSupported",
    "ExtensibilityTypeError",
    "FailedAuthentication",
    "GMAError",
    "IncorrectValue",
    "InvalidHandle",
    "InvalidSecurity",
    "MatchFailed",
    "ModifiabilityViolation",
    "MustUnderstand",
    "MutabilityViolation",
    "NoAdditionalReferencesAvailable",
    "NoReferencesAvailable",
    "NoSuchService",
    "NotImplementedException",
    "NotRepresentable",
    "ParameterError",
    "PartialFailure",
    "PeerBusy",
    "PeerError",
    "PeerFault",
    "PeerUnreachable",
    "ProviderFailed",
    "Refused",
    "RemoveFailed",
    "RequestError",
    "ServiceAlreadyExists",
    "ServiceError",
    "ServiceHasTerminated",
    "ServiceNotDestroyed",
    "TargetInvalid",
    "TerminationTimeUnchanged",
    "Throttled",
    "TimedOut",
    "TooLarge",
    "TypeViolation",
    "UnknownId",
    "UnsupportedMemberInterface",
    "VersionMismatch",
    "cut",
]

_SHOWN = 120
# Where user information of a URL may not end.
_LONG = 256
# Of what is longer nothing later is shown, or twice what is shown.
_LOOKED = 1024
# Without any of these, a short text has no secret that could be told.
_SUSPECT = re.compile(r"""[@=<\s]|["']:|lt;|gma_""")


def cut(value: object, limit: int = _SHOWN) -> str:
    """
    Shorten a value for an error message, control characters escaped and secrets hidden (L{redacted}).

    @param value: what the message names
    @param limit: most characters kept
    @return: at most C{limit} printable characters, an ellipsis marking what was left out
    """
    if type(value) is str:
        text = value
    else:
        text = value.decode("utf-8", "replace") if isinstance(value, bytes) else str(value)
    if len(text) > _LONG or _SUSPECT.search(text) is not None:
        # Before anything is cut off, by which a secret could be told.
        text = redacted(text[: max(_LOOKED, 2 * limit)])
    if len(text) <= limit and text.isascii() and text.isprintable() and "\\" not in text:
        return text
    shown = text[: limit + 1].encode("unicode_escape").decode("ascii")
    return shown if len(shown) <= limit else shown[: limit - 3] + "..."


class GMAError(Exception):
    """
    The root: nothing else is raised on purpose.

    @cvar code: stable name of the error; fault code on the wire, key in the log
    @cvar retry: whether the same call may succeed later without a change
    @ivar message: the whole sentence, secrets hidden (L{redacted})
    @ivar what: the sentence without what to do about it
    @ivar cure: what to do about it; empty where nothing is said
    """

    code: ClassVar[str] = "Failed"
    retry: ClassVar[bool] = False

    def __init__(self, message: str, *, cure: str = "", **details: str) -> None:
        """
        @param message: one sentence that names the thing and, cut, its value
        @param cure: what to write or do instead, C{write "30s"}; it ends the sentence
        @param details: named facts a fault carries beside the sentence (C{parameter}, C{id} ...)
        """
        message, cure = redacted(message), redacted(cure)
        self.message = f"{message}; {cure}" if cure else message
        super().__init__(self.message)
        self.what = message
        self.cure = cure
        self.details = details


class RequestError(GMAError):
    """The caller's fault: the same request will fail again."""

    code = "ParameterError"


class ServiceError(GMAError):
    """Our fault: the request was in order."""

    code = "Failed"


class PeerError(GMAError):
    """Another node's fault."""

    code = "PeerError"
    retry = True


class ConfigError(GMAError):
    """The operator's configuration cannot be used; the message names file, line, column and key."""

    code = "ConfigError"


class ParameterError(RequestError):
    """An argument is malformed or out of its range (pyGMA's name)."""

    code = "ParameterError"


class UnknownId(RequestError):
    """No such subscription, entry or session; make a new one."""

    code = "UnknownId"


class Refused(RequestError):
    """Policy, or a rule of the wire, does not allow the request."""

    code = "Refused"


class FailedAuthentication(Refused):
    """
    A token, password or certificate was shown, and shows nobody this node knows (WS-Security 1.0, 12).

    Its message never holds a token or a password.
    """

    code = "FailedAuthentication"


class InvalidSecurity(RequestError):
    """A header block wsse:Security holds what it must not, or what nobody here reads (WS-Security 1.0, 12)."""

    code = "InvalidSecurity"


class TooLarge(RequestError):
    """A stated bound would be passed; the message names the bound."""

    code = "TooLarge"


class NotRepresentable(RequestError):
    """A value cannot be written in the asked encoding without loss."""

    code = "NotRepresentable"


class NotImplementedException(ServiceError):
    """The service does not provide the operation (pyGMA's name)."""

    code = "NotImplementedException"


class Busy(ServiceError):
    """A queue is full or the node is starting or stopping; come again later."""

    code = "Busy"
    retry = True


class Throttled(Busy):
    """
    Too much came from one caller lately; come again when the time that is told has passed.

    @ivar retryAfter: whole seconds
    """

    def __init__(self, message: str, retryAfter: int = 1, **details: str) -> None:
        """@param retryAfter: see the attribute"""
        super().__init__(message, **details)
        self.retryAfter = retryAfter


class ProviderFailed(ServiceError):
    """One run of a provider did not give a usable document; the message says why and what it printed."""

    code = "ProviderFailed"
    retry = True


class PeerBusy(PeerError):
    """
    Another node has too much to do, or hears too much from us.

    @ivar retryAfter: seconds after which it wants to be asked again; 0 when it did not say
    """

    code = "PeerBusy"

    def __init__(self, message: str, retryAfter: float = 0.0, **details: str) -> None:
        """@param retryAfter: see the attribute"""
        super().__init__(message, **details)
        self.retryAfter = retryAfter


class PeerUnreachable(PeerError):
    """No connection, or no whole answer within the time allowed."""

    code = "PeerUnreachable"


class PeerFault(PeerError):
    """
    Another node answered a fault.

    @ivar fault: code of the fault as the peer named it
    """

    code = "PeerFault"
    retry = False

    def __init__(self, message: str, fault: str = "", **details: str) -> None:
        """@param fault: local name of the peer's detail element or fault code"""
        super().__init__(message, **details)
        self.fault = fault


class ExtensibilityNotSupported(RequestError):
    """The root element of an expression is of no kind this service knows (OGSI 1.0, 9.2)."""

    code = "extensibilityNotSupportedFault"


class ExtensibilityTypeError(RequestError):
    """An expression's content is not what its root element asks for (OGSI 1.0, 9.2)."""

    code = "extensibilityTypeFault"


class TargetInvalid(RequestError):
    """A named service data element is not known to the service (OGSI 1.0, 9.2.1)."""

    code = "targetInvalidFault"


class CardinalityViolation(RequestError):
    """A set would leave too few or too many values (OGSI 1.0, 9.2.2)."""

    code = "cardinalityViolationFault"


class MutabilityViolation(RequestError):
    """A static or constant service data element cannot be set (OGSI 1.0, 9.2.2)."""

    code = "mutabilityViolationFault"


class ModifiabilityViolation(RequestError):
    """The service data element is not modifiable by clients (OGSI 1.0, 9.2.2)."""

    code = "modifiabilityViolationFault"


class TypeViolation(RequestError):
    """A value is not of the declared type (OGSI 1.0, 9.2.2)."""

    code = "typeViolationFault"


class IncorrectValue(RequestError):
    """A value of the right type is not acceptable (OGSI 1.0, 9.2.2)."""

    code = "incorrectValueFault"


class TerminationTimeUnchanged(RequestError):
    """The service keeps the end it has (OGSI 1.0, 9.2.4)."""

    code = "terminationTimeUnchangedFault"


class ServiceNotDestroyed(RequestError):
    """The service does not end by request (OGSI 1.0, 9.2.6)."""

    code = "serviceNotDestroyedFault"


class AddRefused(RequestError):
    """The group does not take this member; the message says why (OGSI 1.0, 12.3.1)."""

    code = "addRefusedFault"


class ContentCreationFailed(RequestError):
    """The content of an entry cannot be made of what was given (OGSI 1.0, 12.3.1)."""

    code = "contentCreationFailedFault"


class UnsupportedMemberInterface(RequestError):
    """No membershipContentRule of the group admits the member's interfaces (OGSI 1.0, 12.3.1)."""

    code = "unsupportedMemberInterfaceFault"


class MatchFailed(RequestError):
    """The expression matches no entry (OGSI 1.0, 12.3.2)."""

    code = "matchFailedFault"


class RemoveFailed(RequestError):
    """An entry that matches cannot be removed (OGSI 1.0, 12.3.2)."""

    code = "removeFailedFault"


class ServiceAlreadyExists(RequestError):
    """
    There is such a service or entry (OGSI 1.0, 10.2.1).

    @ivar existing: its handle, empty when it is not told
    """

    code = "serviceAlreadyExistsFault"

    def __init__(self, message: str, existing: str = "", **details: str) -> None:
        """@param existing: URL of the handle"""
        super().__init__(message, **details)
        self.existing = existing


class InvalidHandle(RequestError):
    """The handle is of no scheme or node this resolver knows (OGSI 1.0, 11.1)."""

    code = "invalidHandleFault"


class NoAdditionalReferencesAvailable(RequestError):
    """Every reference to the service was excluded by the caller (OGSI 1.0, 11.1)."""

    code = "noAdditionalReferencesAvailableFault"


class NoReferencesAvailable(RequestError):
    """There is no reference to the service (OGSI 1.0, 11.1)."""

    code = "noReferencesAvailableFault"


class NoSuchService(NoReferencesAvailable):
    """The service was never here (OGSI 1.0, 11.1)."""

    code = "noSuchServiceFault"


class ServiceHasTerminated(NoReferencesAvailable):
    """The service was here and its life is over (OGSI 1.0, 11.1)."""

    code = "serviceHasTerminatedFault"


class PartialFailure(RequestError):
    """
    Some of what was asked was done (OGSI 1.0, 9.2.2).

    @ivar failures: what was not, by the name of the service data element in Clark notation, and why
    """

    code = "partialFailureFault"

    def __init__(
        self, message: str, failures: Sequence[tuple[str, GMAError]] = (), **details: str
    ) -> None:
        """@param failures: in the order asked"""
        super().__init__(message, **details)
        self.failures = tuple(failures)


class VersionMismatch(RequestError):
    """The message is no envelope of SOAP 1.1 or 1.2."""

    code = "VersionMismatch"


class MustUnderstand(RequestError):
    """A header block that must be understood is not (SOAP 1.1, 4.2.3; SOAP 1.2, 5.2.3)."""

    code = "MustUnderstand"


class TimedOut(ServiceError):
    """Something of ours did not end within the time it was given; the message names both."""

    code = "TimedOut"
    retry = True
