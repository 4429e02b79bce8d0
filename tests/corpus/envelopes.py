"""SOAP: the envelope's rules, actions and addressing (SOAP 1.1, 4; SOAP 1.2 part 1, 5; WS-I BP 1.1)."""

from tests.corpus.case import SOAP, Answer, Case
from tests.corpus.messages import FIND, SOAP11, SOAP12, envelope
from tests.corpus.shorthand import BODY, OPEN, exchanged, refused

__all__ = ["CASES"]

_GMA = "{urn:gma-twisted:2026:core}"
_FOUND = Answer(200, carries=(b">1.5</",))
_FOUND11 = Answer(200, headers=(b"content-type: text/xml",), carries=(b">1.5</", SOAP11))
_FOUND12 = Answer(
    200, headers=(b"content-type: application/soap+xml",), carries=(b">1.5</", SOAP12)
)
_BAD = Answer(500, fault="Client", detail=_GMA + "ParameterError")
_BAD12 = Answer(400, fault="Sender", detail=_GMA + "ParameterError")
_UNKNOWN = Answer(500, fault="Server", detail=_GMA + "NotImplementedException")
_MUST = Answer(500, fault="MustUnderstand")
_VERSION = Answer(500, fault="VersionMismatch")
_TYPE12 = b"application/soap+xml; charset=utf-8"
_WSA = "RELIABILITY SOAP: ReplyTo/FaultTo anonymous only"


def _header(name: str, why: str, block: bytes, answer: Answer) -> Case:
    return exchanged(name, why, envelope(FIND, header=block), answer)


def _action(name: str, why: str, action: bytes | None, answer: Answer = _FOUND) -> Case:
    return exchanged(name, why, envelope(FIND), answer, action=action)


def _reply(name: str, address: bytes, answer: Answer) -> Case:
    return _header(
        name, _WSA, b"<w:ReplyTo><w:Address>%s</w:Address></w:ReplyTo>" % address, answer
    )


CASES = (
    _header("header not understood, optional", "SOAP 1.1, 4.2.3", b"<c:note>a</c:note>", _FOUND),
    _header("mustUnderstand=0", "SOAP 1.1, 4.2.3", b'<c:note s:mustUnderstand="0"/>', _FOUND),
    _header(
        "mustUnderstand=1",
        "RELIABILITY SOAP: before any effect; WS-I BP 1.1 R1027",
        b'<c:note s:mustUnderstand="1"/>',
        _MUST,
    ),
    _header(
        "mustUnderstand for the next actor",
        "SOAP 1.1, 4.2.2",
        b'<c:note s:mustUnderstand="1" s:actor="http://schemas.xmlsoap.org/soap/actor/next"/>',
        _MUST,
    ),
    _header(
        "mustUnderstand for another actor",
        "SOAP 1.1, 4.2.2",
        b'<c:note s:mustUnderstand="1" s:actor="urn:other"/>',
        _FOUND,
    ),
    _header(
        "mustUnderstand of nonsense",
        "WS-I BP 1.1 R1013: 0 or 1",
        b'<c:note s:mustUnderstand="maybe"/>',
        _BAD,
    ),
    _header(
        "mustUnderstand second of two",
        "SOAP 1.1, 4.2.3: every block",
        b'<c:note/><c:more s:mustUnderstand="1"/>',
        _MUST,
    ),
    _header(
        "mustUnderstand of unknown addressing",
        "SOAP 1.1, 4.2.3: the name, not the namespace, is understood",
        b'<w:Nonsense s:mustUnderstand="1"/>',
        _MUST,
    ),
    exchanged(
        "mustUnderstand=true in SOAP 1.2",
        "SOAP 1.2 part 1, 5.2.3",
        envelope(FIND, b'<c:note s:mustUnderstand="true"/>', SOAP12),
        _MUST,
        _TYPE12,
    ),
    exchanged(
        "mustUnderstand for the role none",
        "SOAP 1.2 part 1, 2.2: nobody acts in it",
        envelope(
            FIND,
            b'<c:note s:mustUnderstand="true" s:role="http://www.w3.org/2003/05/soap-envelope/role/none"/>',
            SOAP12,
        ),
        _FOUND,
        _TYPE12,
    ),
    exchanged(
        "mustUnderstand for the ultimate receiver",
        "SOAP 1.2 part 1, 2.2",
        envelope(
            FIND,
            b'<c:note s:mustUnderstand="1" s:role="http://www.w3.org/2003/05/soap-envelope/role/ultimateReceiver"/>',
            SOAP12,
        ),
        _MUST,
        _TYPE12,
    ),
    exchanged("two Bodies", "RELIABILITY SOAP: one Body", envelope(FIND, after=b"<s:Body/>"), _BAD),
    exchanged(
        "two Bodies with requests",
        "RELIABILITY SOAP: one Body",
        envelope(FIND, after=b"<s:Body>" + FIND + b"</s:Body>"),
        _BAD,
    ),
    exchanged(
        "element after Body",
        "RELIABILITY SOAP: nothing after it; WS-I BP 1.1 R1011",
        envelope(FIND, after=b"<c:more/>"),
        _BAD,
    ),
    exchanged(
        "Header after Body",
        "SOAP 1.1, 4: Header comes first",
        envelope(FIND, after=b"<s:Header/>"),
        _BAD,
    ),
    exchanged("two Headers", "SOAP 1.1, 4", envelope(FIND, header=b"</s:Header><s:Header>"), _BAD),
    exchanged(
        "empty Body", "WIRE 1: an empty Body gets a fault, not an error", envelope(b""), _BAD
    ),
    exchanged(
        "Body of blanks",
        "WIRE 1: an empty Body gets a fault, not an error",
        envelope(b" \n "),
        _BAD,
    ),
    exchanged(
        "empty Body in SOAP 1.2",
        "RELIABILITY SOAP: Sender = 400",
        envelope(b"", soap=SOAP12),
        _BAD12,
        _TYPE12,
    ),
    exchanged("two requests in Body", "WS-I BP 1.1 R2712: one child", envelope(FIND + FIND), _BAD),
    exchanged("no Body", "SOAP 1.1, 4.3", b'<s:Envelope xmlns:s="%s"/>' % SOAP11, _BAD),
    exchanged(
        "Body of another namespace",
        "SOAP 1.1, 4.3",
        b'<s:Envelope xmlns:s="%s"><Body/></s:Envelope>' % SOAP11,
        _BAD,
    ),
    exchanged(
        "another envelope namespace", "SOAP 1.1, 4.1.2", envelope(FIND, soap=b"urn:other"), _VERSION
    ),
    exchanged(
        "envelope without namespace", "SOAP 1.1, 4.1.2", b"<Envelope><Body/></Envelope>", _VERSION
    ),
    exchanged("no envelope at all", "SOAP 1.1, 4.1.2; WS-I BP 1.1 R1015", b"<html/>", _VERSION),
    exchanged(
        "another envelope namespace in SOAP 1.2",
        "SOAP 1.2 part 1, 5.4.7",
        envelope(FIND, soap=b"urn:other"),
        _VERSION,
        _TYPE12,
    ),
    exchanged(
        "SOAP 1.1 as application/soap+xml",
        "SOAP 1.2 part 2, 7.1.4: WIRE 1: the version is the envelope's",
        envelope(FIND),
        _FOUND11,
        _TYPE12,
    ),
    exchanged(
        "SOAP 1.2 as text/xml",
        "SOAP 1.1, 6: WIRE 1: the version is the envelope's",
        envelope(FIND, soap=SOAP12),
        _FOUND12,
    ),
    _action("no SOAPAction", "WIRE 1: missing is accepted", None),
    _action("SOAPAction quoted and empty", "SOAP 1.1, 6.1.1", b'""'),
    _action("SOAPAction quoted", "SOAP 1.1, 6.1.1; WS-I BP 1.1 R1109", b'"findServiceData"'),
    _action("SOAPAction unquoted", "WIRE 1: unquoted is accepted", b"findServiceData"),
    _action(
        "SOAPAction as GT3 writes it",
        "WIRE 1: must agree",
        b'"http://www.gridforum.org/namespaces/2003/03/OGSI#findServiceData"',
    ),
    _action(
        "SOAPAction of another operation",
        "RELIABILITY SOAP: must agree with Body",
        b'"destroy"',
        _BAD,
    ),
    _action(
        "SOAPAction that ends alike",
        "RELIABILITY SOAP: must agree with Body",
        b'"notfindServiceData"',
        _BAD,
    ),
    refused(
        "two SOAPActions",
        "RFC 9110 5.3: no list field, so ambiguous",
        OPEN + b'SOAPAction: ""\r\nSOAPAction: findServiceData\r\n' + BODY,
        faces=(SOAP,),
    ),
    exchanged(
        "action= of another operation",
        "RELIABILITY SOAP: must agree with Body",
        envelope(FIND, soap=SOAP12),
        _BAD12,
        _TYPE12 + b'; action="destroy"',
    ),
    exchanged(
        "action= quoted with a semicolon",
        "RFC 9110 5.6.4",
        envelope(FIND, soap=SOAP12),
        _BAD12,
        _TYPE12 + b'; action="urn:a;b"',
    ),
    _header(
        "wsa:Action that agrees",
        "WIRE 1: must agree",
        b"<w:Action>findServiceData</w:Action>",
        _FOUND,
    ),
    _header(
        "wsa:Action of another operation",
        "RELIABILITY SOAP: must agree with Body",
        b"<w:Action>destroy</w:Action>",
        _BAD,
    ),
    _header(
        "wsa:MessageID",
        "WS-Addressing 1.0 core, 3.4",
        b"<w:MessageID>urn:uuid:1</w:MessageID><w:To>http://gate/</w:To>",
        _FOUND,
    ),
    _reply("wsa:ReplyTo anonymous", b"http://www.w3.org/2005/08/addressing/anonymous", _FOUND),
    _reply("wsa:ReplyTo elsewhere", b"http://127.0.0.1:9/", _BAD),
    _reply("wsa:ReplyTo elsewhere that ends alike", b"http://127.0.0.1:9/anonymous", _BAD),
    _header(
        "wsa:FaultTo elsewhere",
        _WSA,
        b"<w:FaultTo><w:Address>http://127.0.0.1:9/</w:Address></w:FaultTo>",
        _BAD,
    ),
    _header(
        "wsa:ReplyTo of 2004 elsewhere",
        _WSA,
        b'<v:ReplyTo xmlns:v="http://schemas.xmlsoap.org/ws/2004/08/addressing"><v:Address>http://127.0.0.1:9/</v:Address></v:ReplyTo>',
        _BAD,
    ),
    exchanged(
        "unknown operation",
        "ARCHITECTURE 10: NotImplementedException",
        envelope(b"<o:createService/>"),
        _UNKNOWN,
    ),
    exchanged(
        "operation of another namespace",
        "WIRE 1: dispatch on the QName",
        envelope(FIND.replace(b"o:findServiceData>", b"c:findServiceData>")),
        _UNKNOWN,
    ),
    exchanged(
        "operation without namespace",
        "WIRE 1: dispatch on the QName",
        envelope(b"<findServiceData/>"),
        _UNKNOWN,
    ),
    exchanged(
        "a response as request",
        "WIRE 1: dispatch on the QName",
        envelope(b"<o:findServiceDataResponse/>"),
        _UNKNOWN,
    ),
    exchanged(
        "a fault as request",
        "WIRE 1: dispatch on the QName",
        envelope(b"<s:Fault><faultcode>s:Client</faultcode></s:Fault>"),
        _UNKNOWN,
    ),
    exchanged(
        "unknown operation in SOAP 1.2",
        "RELIABILITY SOAP: else 500",
        envelope(b"<o:createService/>", soap=SOAP12),
        Answer(500, fault="Receiver", detail=_GMA + "NotImplementedException"),
        _TYPE12,
    ),
    exchanged(
        "path without a service",
        "RFC 9110 15.5.5; WIRE 4: refusals carry a fault",
        envelope(FIND),
        Answer(404, fault="Client"),
        path=b"/services/none",
    ),
    exchanged(
        "path of the container of services",
        "RFC 9110 15.5.5",
        envelope(FIND),
        Answer(404, fault="Client"),
        path=b"/services/",
    ),
    exchanged(
        "path with dot segments",
        "RFC 3986 5.2.4: names no service here",
        envelope(FIND),
        Answer(404, fault="Client"),
        path=b"/services/x/../index",
    ),
    exchanged(
        "path with an encoded NUL",
        "Http11Probe MAL-URL-PERCENT-NULL",
        envelope(FIND),
        Answer(404, fault="Client"),
        path=b"/services/index%00",
    ),
)
