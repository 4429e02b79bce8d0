"""The page of the documentation that tells every error, made of their classes."""

import inspect
import re
from collections.abc import Iterator, Mapping, Sequence

from gma_twisted import errors
from gma_twisted.errors import GMAError, PeerError, RequestError, ServiceError
from gma_twisted.markup import XMLGate, nameOf
from gma_twisted.soap import writeFault
from gma_twisted.soap.types import elements, prefixed

__all__ = ["CURES", "codes", "errorPage", "plain"]

_HEAD = """\
# Errors

Each error has a code that stays the same from version to version; `gma` writes it in parentheses behind what it says.
A fault carries the code, one sentence that names the thing, and an id under which the log has the same error. SOAP
1.1 answers every fault with HTTP status 500; SOAP 1.2 answers 400 when the caller is at fault and 500 otherwise.
Whoever shows too much that is wrong gets 503 with Retry-After, in both ([Who calls](identity.md#guesses)).
[Operations](operations.md) tells which of them each operation may answer.

This page is made of the code: `python -m gma_twisted.nodes.reference` writes it.
"""

_FAMILIES: Sequence[tuple[type[GMAError], str, str]] = (
    (RequestError, "The caller's", "The same request fails again."),
    (ServiceError, "The node's", "The request was in order."),
    (PeerError, "Another node's", "This node called another one, which failed or refused."),
    (errors.ConfigError, "The operator's", "Said when a node starts, reloads, or is checked."),
)

CURES: Mapping[str, str] = {
    "ParameterError": "Correct the argument that the sentence names; [Operations](operations.md) has the type of each.",
    "UnknownId": "Ask what there is (`gma status`, `listSubscriptions`, `enumProviders`), or make a new one: "
    "what was not renewed in time is gone.",
    "Refused": "Ask from an address, or for one, that the configuration allows: `[connect] allow` "
    "and `[notify] third_party_sinks` ([Configuration](configuration.md)). Some things are for callers on the "
    "same machine only.",
    "FailedAuthentication": "Show what the operator gave: `gma token check` tells whose a token is, "
    "[Who calls](identity.md) what keeps a password from being taken.",
    "InvalidSecurity": "Send one block with one UsernameToken, and at most a Timestamp beside it "
    "([Who calls](identity.md)).",
    "TooLarge": "Ask for less at once, or raise the bound that is named under `[limits]` "
    "([Configuration](configuration.md#limits)).",
    "NotRepresentable": "Change the value, or ask for it in another encoding.",
    "extensibilityNotSupportedFault": "Use an expression whose name is in the service data "
    "`ogsi:findServiceDataExtensibility` and its likes of the service.",
    "extensibilityTypeFault": "Compare the content of the expression with the WSDL of the service, `?wsdl`.",
    "targetInvalidFault": "See the names there are with `gma ls`; a name that no value has had since the start is "
    "unknown.",
    "cardinalityViolationFault": "Set as many values as the declared `cardinality` admits.",
    "mutabilityViolationFault": "Leave it: static and constant service data does not change. Declare it `mutable` or "
    "`extendable` when it shall ([Service data that clients set](servicedata.md)).",
    "modifiabilityViolationFault": "Declare it with `modifiable = true` "
    "([Service data that clients set](servicedata.md)).",
    "typeViolationFault": "Write the value in the declared type.",
    "incorrectValueFault": "Correct the name or the value; `gma ls` shows the names.",
    "partialFailureFault": "The fault names what was not done, each with its own cause; ask again for those only.",
    "terminationTimeUnchangedFault": "Ask for an end on the other side of the present one, or not at all: this service "
    "may have no end.",
    "serviceNotDestroyedFault": "Leave it: services of the node itself end with the node. Entries, subscriptions "
    "and services made on request end by request.",
    "addRefusedFault": "Give a handle that can be called; the sentence has the reason.",
    "contentCreationFailedFault": "Give the content that the membership rule asks for "
    "([Registrations](registry.md)).",
    "unsupportedMemberInterfaceFault": "Register a service with an interface that "
    "`ogsi:membershipContentRule` admits, or have the operator add a rule.",
    "matchFailedFault": "Nothing is there to remove; `gma get NODE ogsi:entry` shows the entries.",
    "removeFailedFault": "Remove from the address that registered, or end the entry by its own handle.",
    "serviceAlreadyExistsFault": "Use the one that exists, whose handle is in the fault, or choose another name.",
    "invalidHandleFault": "Ask the resolver of the node that the handle names.",
    "noReferencesAvailableFault": "Ask later, or another resolver.",
    "noAdditionalReferencesAvailableFault": "Exclude fewer references.",
    "noSuchServiceFault": "Correct the handle; `gma status` lists the services of a node.",
    "serviceHasTerminatedFault": "Make or find a new one: a handle is never used twice.",
    "VersionMismatch": "Send an envelope of SOAP 1.1 or 1.2.",
    "MustUnderstand": "Leave the header block out, or `mustUnderstand` off it.",
    "Failed": "Look for the id of the fault in the log of the node, and report what stands there.",
    "NotImplementedException": "Ask a service that offers the operation: its WSDL, or [Operations](operations.md).",
    "Busy": "Come again after some seconds; when it is so for long, `gma top` shows with what it is busy.",
    "ProviderFailed": "Run the provider by itself: `gma provider run NAME --once -c FILE`.",
    "TimedOut": "Raise the time that is named, or find out what hangs; `gma status` shows providers and sources.",
    "PeerError": "Look at the log of the other node.",
    "PeerBusy": "Wait: it is asked again. When it lasts, too much is asked of the other node (docs/overload.md).",
    "PeerUnreachable": "See whether the other node runs and listens where it is called: `gma doctor NODE`.",
    "PeerFault": "The sentence is the other node's; its log has more.",
    "ConfigError": "Correct the file at the line that is named; `gma config check FILE` tells every mistake at once.",
}
"""What to try, by code: one or two sentences in Markdown."""


def codes() -> Mapping[str, Sequence[type[GMAError]]]:
    """The classes of each code, in the order in which they are declared."""
    found: dict[str, list[type[GMAError]]] = {}
    for value in vars(errors).values():
        if isinstance(value, type) and issubclass(value, GMAError):
            found.setdefault(value.code, []).append(value)
    return found


def errorPage() -> str:
    """The whole page, in Markdown."""
    return "\n".join([_HEAD, *_sections()])


def plain(text: str) -> str:
    """The first paragraph of a docstring as Markdown, without what only developers can look up."""
    first = " ".join(inspect.cleandoc(text).split("\n\n", 1)[0].split())
    said = re.sub(r"(?:; |, )?\bWIRE [0-9, ]*[0-9]", "", first).replace(" ()", "")
    return re.sub(r"[CL]\{([^}]*)\}", r"`\1`", said)


def _sections() -> Iterator[str]:
    by = codes()
    for family, title, means in _FAMILIES:
        yield f"## {title}\n\n{means}\n"
        for code, kinds in by.items():
            # The root of all has the code of one family.
            if issubclass(kinds[-1], family):
                yield _section(code, kinds)


def _section(code: str, kinds: Sequence[type[GMAError]]) -> str:
    meanings = [f"- `{kind.__name__}`: {plain(kind.__doc__ or '')}" for kind in kinds]
    again = " The same may succeed later." if kinds[-1].retry else ""
    wire = f"On the wire: {_onWire(kinds[-1])}.{again}"
    return "\n".join([f"### {code}", "", *meanings, "", wire, "", f"Try: {CURES[code]}", ""])


def _onWire(kind: type[GMAError]) -> str:
    written = XMLGate().parse(writeFault(kind("-"), False, "-", 0.0, "-"))
    (body,) = elements(written)
    (fault,) = elements(body)
    code = fault.findtext("faultcode") or ""
    detail = fault.find("detail")
    for entry in elements(detail) if detail is not None else ():
        return f"`{prefixed(nameOf(entry))}`, fault code `{code.rpartition(':')[2]}`"
    return f"fault code `{code.rpartition(':')[2]}`, without a detail"
