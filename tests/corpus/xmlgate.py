"""The XML gate: no DTD, no instruction, UTF-8 or UTF-16, bounded (RELIABILITY, XML)."""

import codecs

from tests.corpus.case import Answer, Case
from tests.corpus.messages import FIND, SOAP12, envelope, find, named
from tests.corpus.shorthand import exchanged

__all__ = ["CASES"]

_GMA = "{urn:gma-twisted:2026:core}"
_FOUND = Answer(200, carries=(b">1.5</",))
_BAD = Answer(500, fault="Client", detail=_GMA + "ParameterError", lacks=(b"root:", b"lol"))
_BIG = Answer(500, fault="Client", detail=_GMA + "TooLarge")
_GOOD = envelope(FIND)
_DECLARATION = b'<?xml version="1.0" encoding="utf-8"?>'


def _bad(name: str, why: str, message: bytes) -> Case:
    return exchanged(name, why, message, _BAD)


def _big(name: str, why: str, expression: bytes) -> Case:
    return exchanged(name, f"RELIABILITY XML: {why}", envelope(find(expression)), _BIG)


def _found(name: str, why: str, message: bytes, mediaType: bytes = b"text/xml") -> Case:
    return exchanged(name, why, message, _FOUND, mediaType)


_LAUGHS = (
    b'<!DOCTYPE lolz [<!ENTITY lol "lol">'
    + b"".join(
        b'<!ENTITY lol%d "%s">' % (n, b"&lol%d;" % (n - 1) * 10) for n in range(1, 10)
    ).replace(b"&lol0;", b"&lol;")
    + b"]>"
)

CASES = (
    _found("declaration", "XML 1.0, 2.8", envelope(FIND, before=_DECLARATION)),
    _found(
        "declaration, single quotes",
        "XML 1.0, 2.8",
        envelope(FIND, before=b"<?xml version='1.0' encoding='UTF-8' standalone='yes'?>\n"),
    ),
    _found("byte order mark", "XML 1.0, 4.3.3", codecs.BOM_UTF8 + _GOOD),
    _found(
        "UTF-16, little end first",
        "RELIABILITY XML: UTF-16; WS-I BP 1.1 R1012",
        codecs.BOM_UTF16_LE + envelope(FIND).decode().encode("utf-16-le"),
        b"text/xml; charset=utf-16",
    ),
    _found(
        "UTF-16, big end first",
        "RELIABILITY XML: UTF-16; WS-I BP 1.1 R1012",
        codecs.BOM_UTF16_BE
        + envelope(FIND, before=b'<?xml version="1.0" encoding="UTF-16"?>')
        .decode()
        .encode("utf-16-be"),
        b"text/xml; charset=utf-16",
    ),
    _found(
        "comment", "XML 1.0, 2.5", envelope(FIND, before=b"<!-- one --> ", after=b"<!-- two -->")
    ),
    _found(
        "comment that holds a DOCTYPE",
        "RELIABILITY XML: a bytes scan cannot decide",
        envelope(FIND, before=b"<!-- <!DOCTYPE a [<!ENTITY b 'c'>]> <?php ?> -->"),
    ),
    _found("CDATA", "XML 1.0, 2.7", envelope(named(b"<![CDATA[{urn:corpus}load]]>"))),
    _found(
        "CDATA that holds a DOCTYPE",
        "RELIABILITY XML: a bytes scan cannot decide",
        envelope(FIND, header=b"<c:note><![CDATA[<!DOCTYPE a><?php ?>]]></c:note>"),
    ),
    _found("character reference", "XML 1.0, 4.1", envelope(named(b"&#123;urn:corpus&#x7d;load"))),
    _found(
        "predefined entities",
        "XML 1.0, 4.6",
        envelope(FIND, header=b"<c:note>&lt;&gt;&amp;&apos;&quot;</c:note>"),
    ),
    _found(
        "depth 60",
        "RELIABILITY XML: depth 64",
        envelope(FIND, header=b"<c:a>" * 58 + b"</c:a>" * 58),
    ),
    _found(
        "64 attributes",
        "RELIABILITY XML: attributes 64",
        envelope(FIND, header=b"<c:a %s/>" % b" ".join(b"a%d=''" % n for n in range(64))),
    ),
    _found(
        "50 attributes and 50 namespaces",
        "RELIABILITY XML: attributes 64, namespaces 64",
        envelope(
            FIND,
            header=b"<c:a %s/>"
            % b" ".join(b"a%d='=' xmlns:n%d='urn:%d'" % (n, n, n) for n in range(50)),
        ),
    ),
    _found(
        "text like 1,000 attributes",
        "RELIABILITY XML: a bytes scan cannot decide",
        envelope(FIND, header=b"<c:note>%s</c:note>" % (b' a="1"' * 1000)),
    ),
    _found(
        "comment like 100,001 elements",
        "RELIABILITY XML: a bytes scan cannot decide",
        envelope(FIND, header=b"<c:note><!--%s--></c:note>" % (b"<a/>" * 100_001)),
    ),
    _bad(
        "DOCTYPE",
        "RELIABILITY XML: no DTD; WS-I BP 1.1 R1008",
        envelope(FIND, before=b"<!DOCTYPE s:Envelope>"),
    ),
    _bad(
        "DOCTYPE after the declaration",
        "RELIABILITY XML: no DTD",
        envelope(FIND, before=_DECLARATION + b"\n<!DOCTYPE a>\n"),
    ),
    _bad(
        "DOCTYPE after a comment",
        "RELIABILITY XML: no DTD",
        envelope(FIND, before=b"<!-- --><!DOCTYPE a>"),
    ),
    _bad(
        "DOCTYPE with an internal subset",
        "RELIABILITY XML: no DTD",
        envelope(named(b"&n;"), before=b'<!DOCTYPE a [<!ENTITY n "{urn:corpus}load">]>'),
    ),
    _bad(
        "external DTD",
        "RELIABILITY XML: no DTD",
        envelope(FIND, before=b'<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd">'),
    ),
    _bad(
        "external entity of a file",
        "RELIABILITY XML: no DTD",
        envelope(named(b"&f;"), before=b'<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd">]>'),
    ),
    _bad(
        "external entity of a URL",
        "RELIABILITY XML: no DTD",
        envelope(named(b"&f;"), before=b'<!DOCTYPE a [<!ENTITY f SYSTEM "http://127.0.0.1:9/">]>'),
    ),
    _bad(
        "parameter entity",
        "RELIABILITY XML: no DTD",
        envelope(FIND, before=b'<!DOCTYPE a [<!ENTITY % p SYSTEM "file:///etc/passwd"> %p;]>'),
    ),
    _bad("billion laughs", "RELIABILITY XML: no DTD", envelope(named(b"&lol9;"), before=_LAUGHS)),
    _bad(
        "quadratic blow-up",
        "RELIABILITY XML: no DTD",
        envelope(named(b"&a;" * 1000), before=b'<!DOCTYPE a [<!ENTITY a "%s">]>' % (b"a" * 1000)),
    ),
    _bad(
        "attribute default",
        "RELIABILITY XML: no DTD",
        envelope(FIND, before=b'<!DOCTYPE a [<!ATTLIST a b CDATA "c">]>'),
    ),
    _bad(
        "DOCTYPE in UTF-16",
        "RELIABILITY XML: no DTD, whatever the encoding",
        envelope(FIND, before=b"<!DOCTYPE a>").decode().encode("utf-16"),
    ),
    _bad("undeclared entity", "XML 1.0, 4.1", envelope(named(b"&nbsp;"))),
    _bad(
        "processing instruction in front",
        "RELIABILITY XML: no PI; WS-I BP 1.1 R1009",
        envelope(FIND, before=b'<?xml-stylesheet href="http://127.0.0.1:9/"?>'),
    ),
    _bad(
        "processing instruction inside", "RELIABILITY XML: no PI", envelope(FIND + b"<?php exit ?>")
    ),
    _bad("processing instruction behind", "RELIABILITY XML: no PI", _GOOD + b"<?end?>"),
    _bad(
        "XML 1.1", "RELIABILITY XML: XML 1.0 only", envelope(FIND, before=b'<?xml version="1.1"?>')
    ),
    _bad("late declaration", "XML 1.0, 2.8", envelope(FIND, before=b" " + _DECLARATION)),
    _bad("two declarations", "XML 1.0, 2.8", envelope(FIND, before=_DECLARATION * 2)),
    _bad(
        "declared UTF-7",
        "RELIABILITY XML: UTF-7 is decoded into markup",
        b'<?xml version="1.0" encoding="utf-7"?>+ADw-a/+AD4-',
    ),
    _bad(
        "declared ISO-8859-1",
        "RELIABILITY XML: UTF-8/UTF-16 only",
        envelope(FIND, before=b'<?xml version="1.0" encoding="iso-8859-1"?>'),
    ),
    _bad(
        "declared EBCDIC",
        "RELIABILITY XML: UTF-8/UTF-16 only",
        envelope(FIND, before=b'<?xml version="1.0" encoding="cp037"?>'),
    ),
    _bad(
        "UTF-16 declared, UTF-8 sent",
        "XML 1.0, 4.3.3",
        envelope(FIND, before=b'<?xml version="1.0" encoding="utf-16"?>'),
    ),
    _bad("UTF-32", "RELIABILITY XML: UTF-8/UTF-16 only", _GOOD.decode().encode("utf-32")),
    _bad("UTF-16 cut in a character", "XML 1.0, 4.3.3", _GOOD.decode().encode("utf-16")[:-1]),
    _bad(
        "Latin-1 bytes as UTF-8", "XML 1.0, 4.3.3", envelope(FIND, header=b"<c:note>\xe9</c:note>")
    ),
    _bad(
        "surrogate in UTF-8", "RFC 3629 3", envelope(FIND, header=b"<c:note>\xed\xa0\x80</c:note>")
    ),
    _bad("NUL", "XML 1.0, 2.2", envelope(FIND, header=b"<c:note>\x00</c:note>")),
    _bad("NUL behind the root", "XML 1.0, 2.2", _GOOD + b"\x00"),
    _bad("reference to NUL", "XML 1.0, 2.2", envelope(FIND, header=b"<c:note>&#0;</c:note>")),
    _bad("escape character", "XML 1.0, 2.2", envelope(FIND, header=b"<c:note>\x1b</c:note>")),
    _bad("empty message", "WIRE 1: gets a fault, not an error", b""),
    _bad("blanks alone", "XML 1.0, 2.1", b"  \r\n "),
    _bad("no markup", "XML 1.0, 2.1", b"hello"),
    _bad("two roots", "XML 1.0, 2.1", _GOOD + _GOOD),
    _bad("text behind the root", "XML 1.0, 2.1", _GOOD + b"x"),
    _bad("unclosed element", "XML 1.0, 3", _GOOD[:-3]),
    _bad("crossed elements", "XML 1.0, 3", b"<a><b></a></b>"),
    _bad("attribute twice", "XML 1.0, 3.1", envelope(FIND, header=b'<c:a b="" b=""/>')),
    _bad(
        "attribute twice by prefixes",
        "Namespaces in XML 6.3",
        envelope(FIND, header=b'<c:a xmlns:d="urn:corpus" c:b="" d:b=""/>'),
    ),
    _bad("attribute without quotes", "XML 1.0, 3.1", envelope(FIND, header=b"<c:a b=c/>")),
    _bad("unbound prefix", "Namespaces in XML 5", envelope(FIND, header=b"<none:a/>")),
    _bad("less-than in an attribute", "XML 1.0, 3.1", envelope(FIND, header=b'<c:a b="<"/>')),
    _bad(
        "double hyphen in a comment",
        "XML 1.0, 2.5",
        envelope(FIND, header=b"<!-- a -- b --><c:a/>"),
    ),
    _big("depth 65", "depth 64", b"<c:a>" * 65 + b"</c:a>" * 65),
    _big("depth 10,000", "depth 64", b"<c:a>" * 10_000 + b"</c:a>" * 10_000),
    _big(
        "65 attributes", "attributes 64", b"<c:a %s/>" % b" ".join(b"a%d=''" % n for n in range(65))
    ),
    _big(
        "65 namespaces",
        "namespaces 64",
        b"<c:a %s/>" % b" ".join(b"xmlns:n%d='urn:%d'" % (n, n) for n in range(65)),
    ),
    _big(
        "65 namespaces on the way",
        "namespaces 64 in scope",
        b"".join(b"<c:a xmlns:m%d='urn:%d' xmlns:n%d='urn:%d'>" % (n, n, n, n) for n in range(40))
        + b"</c:a>" * 40,
    ),
    _big("100,001 elements", "elements 100 k", b"<c:l>" + b"<a/>" * 100_001 + b"</c:l>"),
    _big(
        "100,001 elements beside a comment",
        "elements 100 k",
        b"<c:l><!-- -->" + b"<a/>" * 100_001 + b"</c:l>",
    ),
    _big(
        "65,000 attributes",
        "attributes 64",
        b"<c:a %s/>" % b" ".join(b"a%d=''" % n for n in range(65_000)),
    ),
    _big("attribute of 64 KiB and one", "attribute 64 KiB", b"<c:a b='%s'/>" % (b"a" * 65_537)),
    _big("text of 1 MiB and one", "text 1 MiB", b"<c:a>%s</c:a>" % (b"a" * 1_048_577)),
    _big("element name of 257", "names 256 B", b"<c:%s/>" % (b"a" * 257)),
    _big("attribute name of 257", "names 256 B", b"<c:a %s=''/>" % (b"a" * 257)),
    exchanged(
        "DOCTYPE in SOAP 1.2",
        "RELIABILITY SOAP: Sender = 400",
        envelope(FIND, soap=SOAP12, before=b"<!DOCTYPE a>"),
        Answer(400, fault="Sender", detail=_GMA + "ParameterError"),
        b"application/soap+xml",
    ),
    exchanged(
        "not well-formed in SOAP 1.2",
        "RELIABILITY SOAP: Sender = 400",
        b"<a>",
        Answer(400, fault="Sender", detail=_GMA + "ParameterError"),
        b"application/soap+xml",
    ),
)
