"""Expressions that look for what none may reach: files, variables, the network, other programs, other code."""

from collections.abc import Iterator, Sequence

import attrs

from gma_twisted.model import Language
from tests.integration.queries.expression import Hostile

__all__ = ["PROBES", "Places", "Probe"]

_XSL = "http://www.w3.org/1999/XSL/Transform"


@attrs.frozen(slots=True)
class Places:
    """
    Where canaries are.

    @ivar file: absolute path of a file that holds one
    @ivar beside: name of a file with one in the node's directory
    @ivar variable: name of a variable of the node's environment
    @ivar port: on which somebody listens
    @ivar made: absolute path at which nothing is
    """

    file: str
    beside: str
    variable: str
    port: int
    made: str


@attrs.frozen(slots=True)
class Probe:
    """
    One of them.

    @ivar name: what it looks for, and how
    @ivar language: of C{text}
    @ivar text: the expression, with names of L{Places} in capitals where these go
    @ivar namespaces: see L{Hostile}
    """

    name: str
    language: Language
    text: str
    namespaces: tuple[tuple[str, str], ...] = ()

    def at(self, places: Places) -> Hostile:
        """It, for these places."""
        text = self.text
        for name, value in attrs.asdict(places).items():
            text = text.replace(name.upper(), str(value))
        return Hostile(self.name, self.language, text, self.namespaces)


_FILES = {
    "text": "unparsed-text('file://FILE')",
    "path": "unparsed-text('FILE')",
    "lines": "unparsed-text-lines('file://FILE')",
    "beside": "unparsed-text('BESIDE')",
    "above": "unparsed-text('file:///../../../FILE')",
    "latin": "unparsed-text('file://localhostFILE', 'iso-8859-1')",
    "document": "doc('file://FILE')",
    "documentBeside": "doc('BESIDE')",
    "JSON": "json-doc('file://FILE')",
    "collection": "collection('file:///etc?select=*.conf;unparsed=yes')",
    "ownCollection": "collection() ! string(.)",
    "URIs": "uri-collection('file:///etc/')",
    "jar": "unparsed-text('jar:file:FILE!/BESIDE')",
    "classes": "unparsed-text('classpath:log4j.properties')",
    "made": "transform(map { 'stylesheet-text': '<x:stylesheet version=\"3.0\" xmlns:x=\"http://www.w3.org/1999/XSL/"
    'Transform"><x:template name="a"><x:result-document href="file://MADE"><b/></x:result-document></x:template>'
    "</x:stylesheet>', 'initial-template': QName('', 'a'), 'delivery-format': 'saved' })",
    "put": "put(<a/>, 'file://MADE')",
    "module": "import module namespace m = 'urn:m' at 'file://FILE'; 1",
    "loaded": "load-xquery-module('urn:m', map { 'location-hints': 'file://FILE' })",
    "schema": "import schema 'urn:m' at 'file://FILE'; 1",
    "validated": "validate strict { <a xmlns:i='http://www.w3.org/2001/XMLSchema-instance'"
    " i:noNamespaceSchemaLocation='file://FILE'/> }",
    "stylesheet": "transform(map { 'stylesheet-location': 'file://FILE', 'source-node': ?*[1] })",
    "entity": "parse-xml('<!DOCTYPE a [<!ENTITY e SYSTEM \"file://FILE\">]><a>&amp;e;</a>')",
    "fragment": 'parse-xml-fragment(\'<?xml version="1.0"?><!DOCTYPE a SYSTEM "file://FILE"><a/>\')',
    "inclusion": 'parse-xml(\'<x:include xmlns:x="http://www.w3.org/2001/XInclude" parse="text"'
    ' href="file://FILE"/>\')',
    "schemaHint": 'parse-xml(\'<a xmlns:i="http://www.w3.org/2001/XMLSchema-instance"'
    ' i:noNamespaceSchemaLocation="file://FILE"/>\')',
    "caught": "try { unparsed-text('file://FILE') } catch * { $err:description, $err:value, $err:module,"
    " $err:additional }",
}

_STYLESHEETS = {
    "document": "<x:copy-of select=\"document('file://FILE')\"/>",
    "text": "<x:value-of select=\"unparsed-text('file://FILE')\"/>",
    "source": '<x:source-document href="file://FILE"><x:copy-of select="."/></x:source-document>',
    "variable": "<x:value-of select=\"environment-variable('VARIABLE')\"/>",
    "directory": "<x:value-of select=\"system-property('user.dir'), system-property('java.class.path'),"
    " system-property('user.home')\"/>",
    "evaluate": "<x:evaluate xpath=\"'unparsed-text(''file://FILE'')'\"/>",
    "entity": "<x:value-of select=\"unparsed-entity-uri('a'), available-system-properties()\"/>",
}

_ENVIRONMENT = {
    "variable": "environment-variable('VARIABLE')",
    "variables": "available-environment-variables() ! (., environment-variable(.))",
    "process": "unparsed-text('file:///proc/self/environ')",
    "parent": "unparsed-text('file:///proc/self/../1/environ')",
    "arguments": "unparsed-text('/proc/self/cmdline')",
    "descriptors": "unparsed-text('file:///proc/self/fd/3')",
    "base": "static-base-uri(), resolve-uri('BESIDE'), base-uri(?*[1]), document-uri(root(?*[1]))",
    "user": "unparsed-text('/etc/passwd')",
}

_NETWORK = {
    "document": "doc('http://127.0.0.1:PORT/a.xml')",
    "text": "unparsed-text('http://127.0.0.1:PORT/')",
    "available": "doc-available('http://127.0.0.1:PORT/'), unparsed-text-available('http://127.0.0.1:PORT/')",
    "FTP": "unparsed-text('ftp://127.0.0.1:PORT/a')",
    "module": "import module namespace m = 'urn:m' at 'http://127.0.0.1:PORT/m.xq'; 1",
    "schema": "import schema 'urn:m' at 'http://127.0.0.1:PORT/m.xsd'; 1",
    "entity": "parse-xml('<!DOCTYPE a SYSTEM \"http://127.0.0.1:PORT/a.dtd\"><a/>')",
    "parameter": "parse-xml('<!DOCTYPE a [<!ENTITY % p SYSTEM \"http://127.0.0.1:PORT/\"> %p;]><a/>')",
    "collection": "collection('http://127.0.0.1:PORT/'), uri-collection('http://127.0.0.1:PORT/')",
    "stylesheet": "transform(map { 'stylesheet-location': 'http://127.0.0.1:PORT/a.xsl', 'source-node': ?*[1] })",
    "collation": "compare('a', 'b', 'http://127.0.0.1:PORT/collation')",
    "catalog": "doc('http://www.w3.org/TR/xhtml1/DTD/xhtml1-strict.dtd')",
    "base": "declare base-uri 'http://127.0.0.1:PORT/'; doc('a.xml')",
}

_CODE = {
    "getenv": "Q{java:java.lang.System}getenv('VARIABLE')",
    "properties": "Q{java:java.lang.System}getProperty('user.dir')",
    "path": "Q{http://saxon.sf.net/java-type}java.io.File('FILE')",
    "run": "Q{java:java.lang.Runtime}exec(Q{java:java.lang.Runtime}getRuntime(), 'touch MADE')",
    "EXPath": "Q{http://expath.org/ns/file}read-text('FILE')",
    "EXPathList": "Q{http://expath.org/ns/file}list('/')",
    "HTTP": "Q{http://expath.org/ns/http-client}send-request((), 'http://127.0.0.1:PORT/')",
    "saxonDocument": "Q{http://saxon.sf.net/}doc('file://FILE')",
    "saxonEvaluate": "Q{http://saxon.sf.net/}evaluate('unparsed-text(\"file://FILE\")')",
    "saxonParse": "Q{http://saxon.sf.net/}compile-stylesheet(doc('file://FILE'))",
    "lookup": "function-lookup(xs:QName('fn:unparsed-text'), 1)('file://FILE')",
    "lookupVariable": "apply(function-lookup(xs:QName('fn:environment-variable'), 1), ['VARIABLE'])",
    "collation": "compare('a', 'b', 'http://saxon.sf.net/collation?class=java.lang.Thread')",
    "option": "declare option Q{http://saxon.sf.net/}allow-external-functions 'true';"
    " Q{java:java.lang.System}getenv('VARIABLE')",
}

_XPATHS = {
    "files-document": ("document('file://FILE')", ""),
    "network-document": ("document('http://127.0.0.1:PORT/')", ""),
    "files-evaluate": ("x:evaluate('document(\"file://FILE\")')", "http://exslt.org/dynamic"),
    "code-python": ("x:system('touch MADE')", "http://codespeak.net/lxml/objectify"),
    "code-function": ("x:function('getenv', 'VARIABLE')", "http://php.net/xpath"),
    "environment-property": ("system-property('user.dir')", ""),
    "files-entity": ("unparsed-entity-uri('a') | id('a')", ""),
    "network-output": ("x:document('http://127.0.0.1:PORT/')", "http://exslt.org/common"),
}


def _all() -> Iterator[Probe]:
    for name, (text, uri) in _XPATHS.items():
        yield Probe(f"XPath-{name}", Language.XPATH, text, (("x", uri),) if uri else ())
    for family, those in (
        ("files", _FILES),
        ("environment", _ENVIRONMENT),
        ("network", _NETWORK),
        ("code", _CODE),
    ):
        for name, text in those.items():
            yield Probe(f"{family}-{name}", Language.XQUERY, text)
    for name, content in _STYLESHEETS.items():
        sheet = (
            f'<x:stylesheet version="3.0" xmlns:x="{_XSL}"><x:template name="a"><a>{content}</a>'
            "</x:template></x:stylesheet>"
        ).replace("'", "''")
        yield Probe(
            f"stylesheets-{name}",
            Language.XQUERY,
            f"transform(map {{ 'stylesheet-text': '{sheet}', 'initial-template': QName('', 'a') }})?output",
        )


PROBES: Sequence[Probe] = tuple(_all())
