"""What kept questions are to tell, and the checker of what was heard."""

import itertools
from collections.abc import Sequence

from lxml import etree
from twisted.trial.unittest import SynchronousTestCase

from bench.hosts import Hosts, hostXML, keyOf, originatorOf
from bench.standing import (
    Checked,
    Heard,
    Kept,
    Result,
    Told,
    check,
    foretold,
    keptQuestions,
    toldAt,
)
from gma_twisted.markup.namespaces import GLUE, GMA
from gma_twisted.model import Language


def _answers(*results: str, apart: float = 1.0) -> list[Told]:
    """A first answer, and others at so many seconds."""
    return [
        Told(number * apart if number else float("-inf"), (one,))
        for number, one in enumerate(results)
    ]


def _heard(*results: str) -> list[Heard]:
    return [Heard(float(number), number, (one,)) for number, one in enumerate(results, 1)]


class KeptTests(SynchronousTestCase):
    """L{keptQuestions} and L{foretold}."""

    def asked(self, kept: Sequence[Kept], hosts: Hosts) -> list[Result]:
        """What libxml2 says that questions in XPath say now."""
        roots = []
        for host in sorted(hosts.all, key=lambda one: originatorOf(one.number)):
            root = etree.fromstring(hostXML(host))
            root.set(f"{{{GMA}}}originator", originatorOf(host.number))
            root.set(f"{{{GMA}}}key", keyOf(host.number))
            roots.append(root)
        namespaces = {"glue": GLUE, "gma": GMA}
        texts = [etree.XPath(one.question.text, namespaces=namespaces) for one in kept]
        return [tuple(found for root in roots for found in text(root)) for text in texts]

    def test_told(self) -> None:
        """The answers are those of libxml2, before and after each change."""
        kept = keptQuestions(40, 0)
        hosts, beside = Hosts.of(2000), Hosts.of(2000)
        before = self.asked(kept, beside)
        times = [0.01 * number for number in range(900)]
        found = [toldAt(each, times) for each in foretold(kept, hosts, len(times))]
        self.assertEqual([each[0].result for each in found], before)
        for _ in times:
            beside.change()
        after = self.asked(kept, beside)
        self.assertEqual([each[-1].result for each in found], after)
        self.assertGreater(sum(len(each) - 1 for each in found), 20)
        for each in found:
            # Only what is another answer is told.
            for one, other in itertools.pairwise(each):
                self.assertNotEqual(one.result, other.result)
                self.assertLess(one.at, other.at)

    def test_counted(self) -> None:
        """XQuery counts the hosts that are busier."""
        (kept,) = keptQuestions(0, 1)
        self.assertIs(kept.question.language, Language.XQUERY)
        hosts = Hosts.of(2000)
        count = sum(host.load >= 500 for host in hosts.all if kept.touches(host))
        self.assertEqual(foretold([kept], hosts, 0), [[(-1, (str(count),))]])

    def test_different(self) -> None:
        """No two are alike."""
        kept = keptQuestions(2000, 1000)
        self.assertEqual(len({one.question for one in kept}), 3000)


class CheckTests(SynchronousTestCase):
    """L{check}."""

    def test_all(self) -> None:
        """Each answer once, in order; the first notice is not counted, and has no delay."""
        answers = _answers("a", "b", "c")
        found = check(answers, _heard("a", "b", "c"), 0.5)
        self.assertEqual(found, Checked(2, 2, 0, 0, 0, [1.0, 1.0]))

    def test_missed(self) -> None:
        """What lasted must be told; and the last one in any case."""
        answers = _answers("a", "b", "c")
        self.assertEqual(check(answers, _heard("a", "c"), 0.5).missed, 1)
        self.assertEqual(check(answers, _heard("a", "b"), 99.0).missed, 1)
        self.assertEqual(check(answers, [], 0.5).missed, 3)

    def test_passed(self) -> None:
        """What did not last need not be told."""
        answers = _answers("a", "b", "c", "d", apart=0.1)
        found = check(answers, _heard("a", "d"), 0.5)
        self.assertEqual((found.passed, found.missed, found.wrong), (2, 0, 0))

    def test_again(self) -> None:
        """What was so twice is found where least is missed."""
        answers = [
            Told(float("-inf"), ("a",)),
            Told(1.0, ("b",)),
            Told(1.1, ("a",)),
            Told(1.2, ("b",)),
            Told(9.0, ("c",)),
        ]
        found = check(answers, _heard("a", "b", "c"), 0.5)
        self.assertEqual((found.passed, found.missed, found.wrong), (2, 0, 0))

    def test_wrong(self) -> None:
        """What was not so, what comes twice, and what comes out of turn."""
        answers = _answers("a", "b", "c")
        for heard in (("a", "x", "b", "c"), ("a", "b", "b", "c"), ("a", "c", "b")):
            self.assertGreater(check(answers, _heard(*heard), 0.5).wrong, 0, heard)

    def test_numbers(self) -> None:
        """A number that is left out."""
        heard = _heard("a", "b", "c")
        heard[1:] = [Heard(one.at, one.sequence + 1, one.result) for one in heard[1:]]
        self.assertEqual(check(_answers("a", "b", "c"), heard, 0.5).wrong, 2)

    def test_result(self) -> None:
        """Read from a notice: the texts of its results; none of an answer without any."""
        message = (
            b'<ogsi:XPathQueryResults resultCount="2"><gma:result xsi:type="xsd:string" gma:attribute="Name">a'
            b'</gma:result><gma:result xsi:type="xsd:string">b</gma:result></ogsi:XPathQueryResults>'
        )
        self.assertEqual(Heard.resultOf(message), ("a", "b"))
        self.assertEqual(Heard.resultOf(b'<ogsi:XPathQueryResults resultCount="0"/>'), ())
