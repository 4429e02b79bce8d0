"""C{gma query}."""

import json
from pathlib import Path

from click.testing import CliRunner
from lxml import etree

from gma_twisted.command.main import gma
from gma_twisted.errors import Busy, ExtensibilityTypeError, GMAError, TargetInvalid
from gma_twisted.interfaces import Reply
from gma_twisted.markup import XMLGate
from gma_twisted.markup.namespaces import GLUE, GMA, OGSI, XSD, XSI
from gma_twisted.model import Freshness, Language, NameSelector, QName, Question
from gma_twisted.soap import ResponseWriter, openEnvelope, writeFault
from gma_twisted.soap.porttypes.gridservice import FIND_SERVICE_DATA
from gma_twisted.soap.questions import QuestionLimits, readQuestion
from tests.command.stand import CommandCase, Peer, run

_NODE = "http://h:1/services/x"
_VALUE = (
    '<g:Host xmlns:g="urn:g" gma:originator="http://o/" gma:key="k"'
    ' ogsi:goodFrom="2026-01-01T00:00:00Z" gma:freshness="stale" Name="a"><g:Load>2</g:Load></g:Host>'
)


def _result(kind: str, text: str, more: str = "") -> str:
    return f'<gma:result xsi:type="xsd:{kind}"{more}>{text}</gma:result>'


class QueryCase(CommandCase):
    """Before a peer that keeps what it was asked, and answers what a test wants."""

    answer: str | GMAError = "<ogsi:XPathQueryResults/>"

    def setUp(self) -> None:
        """The peer."""
        self.asked: list[tuple[Question, bool]] = []
        self.caller = Peer(answer=self.answered)

    def answered(self, method: str, url: str, body: bytes) -> Reply:
        """What it answers."""
        self.assertEqual(url, _NODE)
        element = openEnvelope(XMLGate().parse(body)).content[0][0]
        language = Language.XQUERY if "XQuery" in str(element.tag) else Language.XPATH
        read = readQuestion(element, language, QuestionLimits())
        self.asked.append((read.question, read.isExplained))
        if isinstance(self.answer, GMAError):
            return Reply(500, writeFault(self.answer, False, url, 0.0, "1"))
        return Reply(200, ResponseWriter(FIND_SERVICE_DATA, False).write(self.answer.encode()))

    def results(self, *results: str, name: str = "ogsi:XPathQueryResults", more: str = "") -> None:
        """Answer these."""
        self.answer = f'<{name}{more} resultCount="{len(results)}">{"".join(results)}</{name}>'


class AskTests(QueryCase):
    """What is asked."""

    def setUp(self) -> None:
        """One result."""
        super().setUp()
        self.results(_result("double", "2"))

    def test_least(self) -> None:
        """XPath over all values, when nothing else is said."""
        self.gma("query", _NODE, "//x")
        self.assertEqual(self.asked, [(Question(Language.XPATH, "//x"), False)])

    def test_everything(self) -> None:
        """Language, names, prefixes, only fresh ones."""
        self.gma(
            *("query", _NODE, "count(?*)", "--lang", "xquery", "--fresh"),
            *("--name", "glue:Host", "--name", "*:Job", "--name", "{urn:a}*"),
            *("--ns", "b=urn:b", "--ns", "a=urn:a"),
        )
        names = (QName(GLUE, "Host"), QName("*", "Job"), QName("urn:a", "*"))
        question = Question(
            Language.XQUERY,
            "count(?*)",
            tuple(map(NameSelector, names)),
            (("a", "urn:a"), ("b", "urn:b")),
            Freshness.FRESH,
        )
        self.assertEqual(self.asked, [(question, False)])

    def test_star(self) -> None:
        """A star is every name there is."""
        self.gma("query", _NODE, "x", "--name", "*")
        self.assertEqual(self.asked[0][0].selectors, ())

    def test_places(self) -> None:
        """The expression comes from a file, or from the standard input; the end of its last line is not in it."""
        file = Path(self.mktemp())
        file.write_text("//é\n| //b\n", encoding="utf-8")
        self.gma("query", _NODE, "--file", str(file))
        ended = CliRunner().invoke(gma, ("query", _NODE, "-"), obj=self.caller, input="//c\n")
        self.assertEqual(ended.exit_code, 0, ended.stderr)
        self.gma("query", _NODE, "@Name")
        self.assertEqual([one.text for one, _ in self.asked], ["//é\n| //b", "//c", "@Name"])

    def test_noExpression(self) -> None:
        """What cannot be read, or is none, is a command line that makes no sense."""
        latin = Path(self.mktemp())
        latin.write_bytes(b"\xe9")
        good = Path(self.mktemp())
        good.write_text("x")
        for words, why in (
            (("-f", "/nix/nix"), "/nix/nix cannot be read: No such file or directory"),
            (("-f", str(latin)), "it is not UTF-8"),
            ((" ",), "the expression is empty"),
            ((), "there is no expression; write EXPR, or --file FILE"),
            (("x", "-f", str(good)), "two expressions; leave one of them out"),
            (("x" * 1_048_577,), "an expression of more than 1048576 characters"),
            (("x", "--lang", "sql"), "'sql' is not one of"),
            (("x", "--name", "glu:Host"), 'did you mean "glue"?'),
            (("x", "--ns", "v"), '"v" declares no prefix; write PREFIX=URI'),
        ):
            ended = run(self.caller, "query", _NODE, *words)
            self.assertEqual((ended.exit_code, ended.stdout), (2, ""))
            # click breaks lines where it likes.
            self.assertIn(why, " ".join(ended.stderr.split()))
        self.assertEqual(self.asked, [])


class AnswerTests(QueryCase):
    """What is printed."""

    def table(self) -> list[list[str]]:
        """The words of its lines."""
        return [line.split() for line in self.gma("query", _NODE, "x").splitlines()]

    def json(self) -> object:
        """The document."""
        return json.loads(self.gma("query", _NODE, "x", "-o", "json"))

    def test_values(self) -> None:
        """Whole values: their leaves in the table, in JSON as other verbs have them."""
        self.results(_VALUE, _VALUE)
        rows = [["Host/@Name", "a"], ["Host/Load", "2"]]
        numbered = [[str(number), *row] for number in (1, 2) for row in rows]
        self.assertEqual(self.table(), [["RESULT", "WHERE", "VALUE"], *numbered])
        told = json.loads(self.gma("query", _NODE, "x", "-o", "json"))[0]
        self.assertEqual(
            (told["name"], told["originator"], told["key"], told["isStale"], told["value"]),
            ("{urn:g}Host", "http://o/", "k", True, {"@Name": "a", "Load": "2"}),
        )

    def test_nodes(self) -> None:
        """Parts of values, and what an expression made."""
        self.results(
            '<vo name="a"><hosts>2</hosts></vo>', "<e gma:originator='x' gma:sequence='y'/>"
        )
        self.assertEqual(
            self.table()[1:],
            [
                ["1", "vo/@name", "a"],
                ["1", "vo/hosts", "2"],
                ["2", "e/@originator", "x"],
                ["2", "e/@sequence", "y"],
            ],
        )
        told = self.json()
        assert isinstance(told, list)
        self.assertEqual(told[0], {"name": "vo", "value": {"@name": "a", "hosts": "2"}})

    def test_others(self) -> None:
        """Numbers, texts, truth values, attributes, maps; what is none of them as the text it is."""
        self.results(
            _result("double", "2.5"),
            _result("double", "INF"),
            _result("integer", "12345678901234567890"),
            _result("decimal", "1.5"),
            _result("string", "a b"),
            _result("boolean", "false"),
            _result("string", "v", f' gma:attribute="{{{GLUE}}}Name"'),
            '<gma:result gma:type="json">{"a":[1,null]}</gma:result>',
            '<gma:result gma:type="json">{</gma:result>',
            _result("integer", "one"),
            _result("duration", "PT1S"),
        )
        self.assertEqual(
            self.json(),
            [
                *(2.5, "INF", 12345678901234567890, 1.5, "a b", False, "v"),
                *({"a": [1, None]}, "{", "one", "PT1S"),
            ],
        )
        table = self.table()
        self.assertEqual(table[1], ["1", "double", "2.5"])
        self.assertEqual(table[7], ["7", "@Name", "v"])
        self.assertEqual(table[8], ["8", "json", '{"a":[1,null]}'])

    def test_xml(self) -> None:
        """The answer as the node gave it, with the declarations it needs and no others."""
        self.results(_result("double", "2"), _VALUE)
        told = self.gma("query", _NODE, "x", "-o", "xml")
        root = etree.fromstring(told)
        self.assertEqual(root.tag, f"{{{OGSI}}}XPathQueryResults")
        self.assertEqual(root[0].get(f"{{{XSI}}}type"), "xsd:double")
        self.assertEqual(root[0].nsmap["xsd"], XSD)
        self.assertNotIn("soap", told)

    def test_explained(self) -> None:
        """What it took is said on the standard error."""
        figures = "".join(
            f' gma:{name}="{figure}"'
            for name, figure in (
                *(("values", 12), ("waited", "0.001"), ("loaded", "0.5"), ("evaluated", "0.002")),
                *(("written", "0.0"), ("worker", 2)),
            )
        )
        self.results(_result("double", "2"), more=figures)
        self.assertEqual(
            self.says("query", _NODE, "x", "--explain"),
            "12 values; waited 0.001 s, loaded 0.500 s, evaluated 0.002 s, written 0.000 s;"
            " worker 2\n",
        )
        self.assertTrue(self.asked[0][1])
        for candidates, told in ((3, "12 values, 3 of them looked at"), (12, "12 values")):
            more = f' gma:values="12" gma:candidates="{candidates}"'
            self.results(_result("double", "2"), more=more)
            self.assertEqual(self.says("query", _NODE, "x", "--explain"), f"{told}\n")
        self.results(_result("double", "2"), more=' gma:values="many"')
        said = self.says("query", _NODE, "x", "--explain")
        self.assertEqual(said, "the node does not say what it took\n")

    def test_nothing(self) -> None:
        """No result is exit status 1, and what it took is said all the same."""
        self.results(name="gma:XQueryResults", more=' gma:values="3"')
        said = self.fails(1, "query", _NODE, "x", "--explain")
        self.assertEqual(said, f"3 values\ngma: no result at {_NODE}")

    def test_faults(self) -> None:
        """What the node answers instead ends as with other verbs."""
        self.answer = TargetInvalid("there is no {urn:a}x")
        self.assertIn("(targetInvalidFault)", self.fails(1, "query", _NODE, "x"))
        self.answer = Busy("too many expressions")
        self.assertIn("(Busy)", self.fails(4, "query", _NODE, "x"))
        self.answer = "<gma:other/>"
        said = self.fails(4, "query", _NODE, "x")
        self.assertEqual(said, f'gma: an expression was answered with "{{{GMA}}}other"')


class PositionTests(QueryCase):
    """An expression that is wrong is shown where it is."""

    def test_position(self) -> None:
        """The line, and a mark below the column."""
        self.answer = ExtensibilityTypeError("XPath, line 2, column 3: Invalid expression")
        self.assertEqual(
            self.fails(4, "query", _NODE, "//x\n  [").split("\n"),
            [
                "gma: XPath, line 2, column 3: Invalid expression (extensibilityTypeFault)",
                "    [",
                "    ^",
            ],
        )

    def test_long(self) -> None:
        """Of a long line only what is around the place."""
        self.answer = ExtensibilityTypeError("XPath, line 1, column 1000: no")
        lines = self.fails(4, "query", _NODE, "x" * 999 + "[" + "y" * 999).split("\n")
        self.assertEqual(len(lines[1]), 162)
        self.assertEqual(lines[1][lines[2].index("^")], "[")

    def test_elsewhere(self) -> None:
        """A place that is not in it, or none at all, is a line alone."""
        for said in ("XPath, line 9, column 1: no", "XPath: no"):
            self.answer = ExtensibilityTypeError(said)
            self.assertEqual(
                self.fails(4, "query", _NODE, "x"), f"gma: {said} (extensibilityTypeFault)"
            )

    def test_terminal(self) -> None:
        """Nothing of the expression steers the terminal."""
        self.answer = ExtensibilityTypeError("XPath, line 1, column 3: no")
        self.assertNotIn("\x1b", self.fails(4, "query", _NODE, "a\x85b"))


del CommandCase, QueryCase
