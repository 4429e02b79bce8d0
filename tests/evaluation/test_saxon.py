"""Saxon is closed: nothing of the machine is given to a query, nothing is left on it, nobody is called."""

import os
import socket
from pathlib import Path

from twisted.trial.unittest import SynchronousTestCase

from gma_twisted.errors import ExtensibilityTypeError
from gma_twisted.evaluation.results import Results
from gma_twisted.evaluation.saxon import Saxon, SaxonError, refusedXQuery
from gma_twisted.evaluation.xqueryresults import ResultWriter

_SECRET = "s3cr3t-of-this-machine"
_SHEET = (
    '<xsl:stylesheet version="3.0" xmlns:xsl="http://www.w3.org/1999/XSL/Transform">'
    '<xsl:template match="/">{}</xsl:template></xsl:stylesheet>'
)


def transformation(body: str) -> str:
    """A query that runs a stylesheet."""
    sheet = _SHEET.format(body).replace("'", "''")
    return f"serialize(transform(map {{ 'stylesheet-text': '{sheet}', 'source-node': parse-xml('<a/>') }})?output)"


class EscapeTests(SynchronousTestCase):
    """Each way out that is known."""

    def setUp(self) -> None:
        self.directory = Path(self.mktemp()).absolute()
        self.directory.mkdir()
        self.file = self.directory / "file.xml"
        self.file.write_text(f"<a>{_SECRET}</a>")
        self.module = self.directory / "module.xq"
        self.module.write_text(
            f"module namespace m = 'urn:m'; declare variable $m:s := '{_SECRET}';"
        )
        sheet = self.directory / "sheet.xsl"
        sheet.write_text(_SHEET.format(f"<b>{_SECRET}</b>"))
        self.listener = socket.socket()
        self.addCleanup(self.listener.close)
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen()
        self.listener.setblocking(False)
        os.environ["GMA_TEST_SECRET"] = _SECRET
        self.addCleanup(os.environ.pop, "GMA_TEST_SECRET")

    def probes(self) -> list[str]:
        """Queries that would show the secret, write a file or call the listener."""
        file, module = self.file.as_uri(), self.module.as_uri()
        path, directory = str(self.file), self.directory.as_uri()
        sheet = (self.directory / "sheet.xsl").as_uri()
        written = (self.directory / "written.xml").as_uri()
        call = f"http://127.0.0.1:{self.listener.getsockname()[1]}/a.xml"
        entity = f'<!DOCTYPE a [<!ENTITY x SYSTEM "{file}">]><a>&amp;x;</a>'
        inner = '<!DOCTYPE a [<!ENTITY x "s3cr3t-of-">]><a>&amp;x;this-machine</a>'
        included = f'<a xmlns:x="http://www.w3.org/2001/XInclude"><x:include href="{file}"/></a>'
        output = 'declare namespace output = "http://www.w3.org/2010/xslt-xquery-serialization";'
        return [
            *(f"string(doc('{one}'))" for one in (file, path, call, f"jar:{file}!/a")),
            f"doc-available('{file}')[.] ! '{_SECRET}'",
            *(f"unparsed-text('{one}')" for one in (file, path, call)),
            f"unparsed-text-lines('{file}')",
            f"unparsed-text-available('{file}')[.] ! '{_SECRET}'",
            f"declare base-uri '{directory}/'; unparsed-text('file.xml')",
            f"json-doc('{file}')",
            *(f"collection('{one}')" for one in (directory, file, f"{directory}?select=*.xml")),
            f"uri-collection('{directory}') ! unparsed-text(.)",
            "environment-variable('GMA_TEST_SECRET')",
            "available-environment-variables() ! environment-variable(.)",
            f"string(parse-xml('{entity}'))",
            f"string(parse-xml('{inner}'))",
            f"""parse-xml('<!DOCTYPE a SYSTEM "{call}"><a/>')""",
            f"string(parse-xml-fragment('{entity}'))",
            f"string(parse-xml('{included}'))",
            f"import module namespace m = 'urn:m' at '{module}'; $m:s",
            f"import schema namespace m = 'urn:m' at '{call}'; 1",
            f"load-xquery-module('urn:m', map {{ 'location-hints': '{module}' }})?variables?*",
            f"transform(map {{ 'stylesheet-location': '{sheet}', 'source-node': parse-xml('<a/>') }})?output",
            transformation(f"""<xsl:value-of select="unparsed-text('{file}')"/>"""),
            transformation(f"""<xsl:copy-of select="document('{file}')"/>"""),
            transformation("""<xsl:value-of select="environment-variable('GMA_TEST_SECRET')"/>"""),
            transformation(f'<xsl:result-document href="{written}"><b/></xsl:result-document>'),
            transformation(
                f'<xsl:source-document href="{file}"><xsl:copy-of select="."/></xsl:source-document>'
            ),
            f"function-lookup(xs:QName('fn:unparsed-text'), 1)('{file}')",
            f"{output} declare option output:parameter-document '{file}'; 1",
            "declare namespace j = 'java:java.lang.System'; j:getenv('GMA_TEST_SECRET')",
            "declare namespace s = 'http://saxon.sf.net/'; s:evaluate('1')",
            f"declare namespace f = 'http://expath.org/ns/file'; f:read-text('{path}')",
            f"sort(('b', 'a'), 'http://saxon.sf.net/collation?rules={file}')",
        ]

    def test_closed(self) -> None:
        """Of none of them anything comes out, neither in an answer nor in the reason why there is none."""
        saxon = Saxon()
        probes = self.probes()
        self.assertGreaterEqual(len(probes), 16)
        for probe in probes:
            results = Results(1024**2)
            try:
                ResultWriter(saxon).write(saxon.evaluate(probe), results)
            except SaxonError as error:
                said = str(error)
            except ExtensibilityTypeError as error:
                said = error.message
            else:
                said = results.written("a").decode()
            self.assertNotIn(_SECRET, said, probe)
        self.assertEqual(
            sorted(one.name for one in self.directory.iterdir()),
            ["file.xml", "module.xq", "sheet.xsl"],
        )
        self.assertRaises(BlockingIOError, self.listener.accept)

    def test_probes(self) -> None:
        """They are what they should be: where nothing is closed they do show it."""
        from saxonche import PySaxonProcessor  # noqa: PLC0415

        saxon = PySaxonProcessor(license=False)
        shown = 0
        for probe in self.probes():
            if "http://127.0.0.1" in probe:
                continue  # nobody answers
            query = saxon.new_xquery_processor()
            try:
                found = query.run_query_to_value(query_text=probe, encoding="utf-8")
            except Exception:  # noqa: BLE001 - saxonche has no type for it, and only those that work are counted
                continue
            shown += _SECRET in str(found)
        self.assertGreaterEqual(shown, 12)

    def test_internals(self) -> None:
        """Nor a name of a part of the library; what was written for nobody is one general sentence."""
        saxon = Saxon()
        for query, said in (
            ("parse-xml('<a')", "XML document. (FODC0006)"),
            ("parse-xml-fragment('<a')", "XML fragment. (FODC0006)"),
            ("declare option saxon:output 'x'; 1", "XQuery: it cannot be evaluated"),
            ("collection('x')", "XQuery, line 1, column 12: it cannot be evaluated"),
            ("count(1 to 2147483648)", "XQuery: Maximum length of sequence in Saxon is 2147483647"),
            ("error((), 'of class net.sf.saxon.Some$Thing')", "column 9: of ... (FOER0000)"),
        ):
            message = refusedXQuery(self.assertRaises(SaxonError, saxon.evaluate, query)).message
            self.assertTrue(message.endswith(said), message)

    def test_noPaths(self) -> None:
        """What is said of an error has no path of this machine."""
        saxon = Saxon()
        for query in ("1 +", "doc('a.xml')", "parse-xml('<a>')", "resolve-uri('a')", "$a"):
            error = self.assertRaises(SaxonError, saxon.evaluate, query)
            said = refusedXQuery(error).message
            self.assertNotIn(os.getcwd(), said)
            self.assertNotIn("file:", said)
        self.assertEqual(str(saxon.evaluate("static-base-uri()")), "urn:gma-twisted:query")
        document = saxon.read("<a/>")
        self.assertEqual(str(saxon.evaluate("base-uri(.)", document)), "urn:gma-twisted:query")
