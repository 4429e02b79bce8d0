"""findServiceData: expressions good and bad (OGSI 1.0, 9.2; WIRE 3)."""

from tests.corpus.case import Answer, Case
from tests.corpus.messages import SOAP12, envelope, find, named
from tests.corpus.shorthand import exchanged

__all__ = ["CASES"]

_OGSI = "{http://www.gridforum.org/namespaces/2003/03/OGSI}"
_LOAD = Answer(200, carries=(b"findServiceDataResponse", b">1.5</"), lacks=(b">7</",))
_BOTH = Answer(200, carries=(b"serviceDataValues", b">1.5</", b">7</"))
_UNKNOWN = Answer(500, fault="Client", detail=_OGSI + "targetInvalidFault")
_KIND = Answer(500, fault="Client", detail=_OGSI + "extensibilityNotSupportedFault")
_SHAPE = Answer(500, fault="Client", detail=_OGSI + "extensibilityTypeFault")
_PARAMETER = Answer(500, fault="Client", detail="{urn:gma-twisted:2026:core}ParameterError")
_RULE = "WIRE 3: unknown root, malformed content, unknown name"
_TOLERANT = "WIRE 3: tolerances"


def _find(name: str, why: str, expression: bytes, answer: Answer) -> Case:
    return exchanged(name, why, envelope(find(expression)), answer)


def _names(name: str, why: str, content: bytes, answer: Answer, attributes: bytes = b"") -> Case:
    root = b"<o:queryByServiceDataNames%s>%s</o:queryByServiceDataNames>"
    return _find(name, why, root % (attributes, content), answer)


CASES = (
    _names(
        "Clark notation",
        "WIRE 1: Clark notation as text",
        b"<o:name>{urn:corpus}load</o:name>",
        _LOAD,
    ),
    _names("by prefix", "OGSI 1.0, 9.2.1", b"<o:name>c:load</o:name>", _LOAD),
    _names(
        "by a prefix bound at the name",
        "OGSI 1.0, 9.2.1",
        b'<o:name xmlns:z="urn:corpus">z:load</o:name>',
        _LOAD,
    ),
    _names(
        "by the default namespace",
        "XSD 2, 3.2.18: an unprefixed QName",
        b'<o:name xmlns="urn:corpus">load</o:name>',
        _LOAD,
    ),
    _names(
        "two names",
        "WIRE 3: one serviceDataValues with all values",
        b"<o:name>c:load</o:name><o:name>c:count</o:name>",
        _BOTH,
    ),
    _names("whole namespace", "WIRE 3: {uri}*", b"<o:name>{urn:corpus}*</o:name>", _BOTH),
    _names("blanks around a name", _TOLERANT, b"<o:name>\n  c:load\t </o:name>", _LOAD),
    _names("name without namespace", "WIRE 3: no listed tolerance", b"<name>c:load</name>", _SHAPE),
    _names(
        "xsi:type present",
        _TOLERANT,
        b'<o:name xmlns:i="http://www.w3.org/2001/XMLSchema-instance" i:type="x">c:load</o:name>',
        _LOAD,
    ),
    _names("names as attribute", _TOLERANT, b"", _BOTH, b' names="c:load c:count"'),
    exchanged(
        "expression as an escaped string",
        _TOLERANT,
        envelope(
            find(
                b"&lt;o:queryByServiceDataNames xmlns:o='http://www.gridforum.org/namespaces/2003/03/OGSI'"
                b" xmlns:c='urn:corpus'>&lt;o:name>c:load&lt;/o:name>&lt;/o:queryByServiceDataNames>"
            )
        ),
        _LOAD,
    ),
    exchanged(
        "DOCTYPE in an escaped string",
        "ARCHITECTURE 7: all input passes the XML gate",
        envelope(
            find(
                b"&lt;!DOCTYPE a [&lt;!ENTITY b SYSTEM 'file:///etc/passwd'>]>&lt;a>&amp;b;&lt;/a>"
            )
        ),
        _SHAPE,
    ),
    _names(
        "standard service data",
        "WIRE 3: standard SDEs are answered",
        b"<o:name>o:gridServiceHandle</o:name>",
        Answer(200, carries=(b"/services/index",)),
    ),
    _names(
        "known name without values",
        "WIRE 3: empty serviceDataValues",
        b"<o:name>c:empty</o:name>",
        Answer(200, carries=(b"serviceDataValues",), lacks=(b">1.5</",)),
    ),
    _names("unknown name", _RULE, b"<o:name>c:none</o:name>", _UNKNOWN),
    _names(
        "unknown beside known", _RULE, b"<o:name>c:load</o:name><o:name>c:none</o:name>", _UNKNOWN
    ),
    _names(
        "known local name, other namespace", _RULE, b"<o:name>{urn:other}load</o:name>", _UNKNOWN
    ),
    _names("no name", _RULE, b"", _SHAPE),
    _names("empty name of service data", _RULE, b"<o:name/>", _SHAPE),
    _names("name that is no QName", _RULE, b"<o:name>1bad</o:name>", _SHAPE),
    _names("name of two words", _RULE, b"<o:name>c:load c:count</o:name>", _SHAPE),
    _names("unbound prefix in a name", _RULE, b"<o:name>zz:load</o:name>", _SHAPE),
    _names("Clark notation left open", _RULE, b"<o:name>{urn:corpus</o:name>", _SHAPE),
    _names("child of another name", _RULE, b"<c:what/>", _SHAPE),
    _names(
        "freshness of nonsense",
        "WIRE 3: fresh, stale, any",
        b"<o:name>c:load</o:name>",
        _SHAPE,
        b' g:freshness="rotten"',
    ),
    _names(
        "limit of nonsense", "WIRE 3: paging", b"<o:name>c:load</o:name>", _SHAPE, b' g:limit="-1"'
    ),
    _names(
        "fresh values",
        "WIRE 3: fresh: goodUntil absent or ahead",
        b"<o:name>c:load</o:name>",
        _LOAD,
        b' g:freshness="fresh"',
    ),
    _names(
        "stale values of a fresh name",
        "WIRE 3: stale: goodUntil passed",
        b"<o:name>c:load</o:name>",
        Answer(200, carries=(b"serviceDataValues",), lacks=(b">1.5</",)),
        b' g:freshness="stale"',
    ),
    _names(
        "key that no value has",
        "WIRE 3: gma:key selects",
        b'<o:name g:key="nobody">c:load</o:name>',
        Answer(200, carries=(b"serviceDataValues",), lacks=(b">1.5</",)),
    ),
    _find("unknown root", _RULE, b"<c:ask/>", _KIND),
    _find("root of another namespace", _RULE, b"<c:queryByServiceDataNames/>", _KIND),
    _find(
        "two roots in the expression",
        "WIRE 3: ExtensibilityType = exactly one child",
        b"<c:ask/><c:ask/>",
        _SHAPE,
    ),
    _find(
        "no root in the expression",
        "WIRE 3: ExtensibilityType = exactly one child",
        b"",
        _SHAPE,
    ),
    exchanged(
        "no expression",
        "WIRE 3: enums and types are checked",
        envelope(b"<o:findServiceData/>"),
        _PARAMETER,
    ),
    exchanged(
        "a part nobody declared",
        "WIRE 3: enums and types are checked",
        envelope(b"<o:findServiceData><c:x/></o:findServiceData>"),
        _PARAMETER,
    ),
    exchanged(
        "unknown name in SOAP 1.2",
        "RELIABILITY SOAP: Sender = 400",
        envelope(named(b"c:none"), soap=SOAP12),
        Answer(400, fault="Sender", detail=_OGSI + "targetInvalidFault"),
        b"application/soap+xml",
    ),
    exchanged(
        "found in SOAP 1.2",
        "WIRE 1: the same version out",
        envelope(named(b"c:load"), soap=SOAP12),
        Answer(200, headers=(b"content-type: application/soap+xml",), carries=(b">1.5</", SOAP12)),
        b"application/soap+xml",
    ),
)
