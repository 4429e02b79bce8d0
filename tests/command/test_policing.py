"""C{gma policy}."""

import json
from pathlib import Path

from lxml import etree

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.policing import VERBS
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import Access, Whose
from tests.command.opened import opened
from tests.command.stand import CommandCase, run
from tests.nodes.accessing import ROLES, configurationOf

_INDEX = "/services/index"
_ENTRY = "http://127.0.0.1:8480/services/index/entries/0123"


class PolicyCase(CommandCase):
    """A configuration with rules."""

    def setUp(self) -> None:
        """Write it."""
        super().setUp()
        self.caller = BlockingCaller()
        self.file = self.write(configurationOf())

    def write(self, text: str) -> str:
        """A file. @return: its name"""
        path = Path(self.mktemp()).absolute()
        path.write_text(text, "utf-8")
        return str(path)


class CheckTests(PolicyCase):
    """C{gma policy check}."""

    def test_table(self) -> None:
        """A line for each identity, a column for each class; nothing is opened."""
        with opened() as found:
            head, *lines = self.gma("policy", "check", "-c", self.file).splitlines()
        self.assertEqual(found, [])
        self.assertEqual(head.split(), ["IDENTITY", *(one.value.upper() for one in Access)])
        told = {line.split()[0]: line.split()[1:] for line in lines}
        self.assertEqual(set(told), set(ROLES))
        self.assertEqual(set(told["anonymous"]), {"-"})
        # Read, register, subscribe, notify, write, run, aggregate, create, admin.
        words = ["yes", "any", "any", "-", "any", "yes", "any", "any", "yes"]
        self.assertEqual(told["operator"], words)
        self.assertEqual(told["peer"], ["yes", "own", "own", "yes", "-", "-", "-", "-", "-"])

    def test_json(self) -> None:
        """Programs hear where each class is allowed."""
        text = configurationOf() + '\n[access.rules.more]\nwho = "reader"\nmay = "add"'
        told = json.loads(self.gma("policy", "check", "-c", self.write(text), "-o", "json"))
        reader = next(one for one in told if one["identity"] == "reader")
        register = next(one for one in reader["may"] if one["access"] == "register")
        self.assertEqual(
            register,
            {"access": "register", "whose": "own", "isEverywhere": False, "at": [f"{_INDEX} add"]},
        )

    def test_xml(self) -> None:
        """As one document."""
        root = etree.fromstring(self.gma("policy", "check", "-c", self.file, "-o", "xml").encode())
        self.assertEqual(len(root.findall(f"{{{GMA}}}caller")), len(ROLES))

    def test_mistakes(self) -> None:
        """Mistakes are told as C{gma config check} tells them."""
        file = self.write('[access.rules.a]\nwho = "zed"\nmay = "raed"')
        said = self.fails(1, "policy", "check", "-c", file)
        self.assertIn(f'{file}:2:7: access.rules.a.who: there is no identity "zed"; write', said)
        self.assertIn('"raed"; did you mean "read"?', said)
        self.assertTrue(said.endswith("2 errors"))

    def test_without(self) -> None:
        """Without rules it is said what that means."""
        said = self.says("policy", "check", "-c", self.write(""))
        self.assertIn("has no [access]: everybody who reaches the node may do everything", said)

    def test_words(self) -> None:
        """The help of both verbs knows every word of whose things."""
        for verb in VERBS:
            said = self.gma("policy", verb, "--help")
            for one in Whose:
                self.assertRegex(said, rf"\b{one.value}\b", verb)


class ExplainTests(PolicyCase):
    """C{gma policy explain}."""

    def test_allowed(self) -> None:
        """By which rule, and whose things; a URL does as well as a path."""
        words = ("policy", "explain", "-c", self.file, "publisher", "destroy", _ENTRY)
        self.assertEqual(
            self.gma(*words),
            f"publisher may call destroy of {_INDEX}/entries/0123 (register): [access.rules.publisher]; may renew"
            " and end there: own\n",
        )

    def test_refused(self) -> None:
        """With exit status 1."""
        words = ("policy", "explain", "-c", self.file, "reader", "POST", "/-/reload")
        ended = run(self.caller, *words)
        self.assertEqual(ended.exit_code, 1)
        self.assertEqual(
            ended.stdout, "reader may not call POST of /-/reload (admin): no rule allows it\n"
        )

    def test_json(self) -> None:
        """For programs."""
        words = ("policy", "explain", "-c", self.file, "operator", "add", _INDEX, "-o", "json")
        self.assertEqual(
            json.loads(self.gma(*words)),
            {
                "who": "operator",
                "operation": "add",
                "service": _INDEX,
                "access": "register",
                "isAllowed": True,
                "rule": "[access.rules.operator]",
                "owners": "any",
                "missing": "",
            },
        )

    def test_usage(self) -> None:
        """Who, what and where must be there: exit status 2, and what there is."""
        for words, said in (
            (
                ("publishr", "add", _INDEX),
                'there is no identity "publishr"; did you mean "publisher"?',
            ),
            (("publisher", "ad", _INDEX), f'{_INDEX} has no operation "ad"; did you mean "add"?'),
            (("publisher", "add", "/service/index"), 'this node has nothing at "/service/index"'),
        ):
            self.assertIn(said, self.fails(2, "policy", "explain", "-c", self.file, *words))


class VerbTests(PolicyCase):
    """The group."""

    def test_help(self) -> None:
        """Each verb says what it does, with an example."""
        for name in VERBS:
            self.assertIn("Example: gma policy", self.gma("policy", name, "--help"))
