"""XPath and XQuery from the caller's side: the expression written, the answer read (WIRE 3)."""

import re
from collections.abc import Mapping, Sequence

import attrs

from gma_twisted.client.proxy import Proxy
from gma_twisted.errors import PeerError, cut
from gma_twisted.markup import Element, nameOf
from gma_twisted.markup.namespaces import GMA, XSI, ogsi
from gma_twisted.model import QName, Question
from gma_twisted.soap.questions import writeQuestion

__all__ = ["RESULT", "QuestionAnswer", "Result", "ask"]

RESULT = QName(GMA, "result")
"""Name of a result that is no element."""

_ANSWERS = (ogsi("XPathQueryResults"), QName(GMA, "XQueryResults"))
_TYPE = f"{{{XSI}}}type"
_OWN_TYPE = f"{{{GMA}}}type"
_ATTRIBUTE = f"{{{GMA}}}attribute"
_EXPLAINED = ("values", "candidates", "waited", "loaded", "evaluated", "written", "worker")
_FIGURE = re.compile(r"[0-9]{1,15}(\.[0-9]{1,9})?\Z")


@attrs.frozen(slots=True, eq=False)
class Result:
    """
    One of the results of an expression.

    @ivar element: it, or what holds it when it is none
    """

    element: Element

    @property
    def isNode(self) -> bool:
        """Whether the element itself is the result."""
        return nameOf(self.element) != RESULT

    @property
    def kind(self) -> str:
        """Of what is no element, its type: a local name of XML Schema such as C{double}, or C{json}; else empty."""
        if self.isNode:
            return ""
        own = self.element.get(_OWN_TYPE)
        return self.element.get(_TYPE, "").rpartition(":")[2] if own is None else own

    @property
    def attribute(self) -> str:
        """Of what was an attribute, its name in Clark notation; else empty."""
        return "" if self.isNode else self.element.get(_ATTRIBUTE, "")

    @property
    def text(self) -> str:
        """Of what is no element, its value as its type is written."""
        return self.element.text or ""


@attrs.frozen(slots=True, eq=False)
class QuestionAnswer:
    """
    What an expression gave.

    @ivar root: the element of the answer
    @ivar results: in order
    @ivar figures: what it took, when that was asked for: C{values} it went over, of these C{candidates} that were
        looked at, seconds C{waited} for a worker, C{loaded}, C{evaluated} and C{written}, and the number of the
        C{worker}
    """

    root: Element
    results: Sequence[Result]
    figures: Mapping[str, float]


async def ask(proxy: Proxy, question: Question, isExplained: bool = False) -> QuestionAnswer:
    """
    Put an expression to the service data of a service.

    @param proxy: with C{findServiceData}
    @param isExplained: whether to ask what it takes, too
    @raise ExtensibilityTypeError: the expression is wrong; the message says where
    @raise ExtensibilityNotSupported: the service does not read the language
    @raise TargetInvalid: it does not know one of the names
    @raise PeerError: the answer cannot be read
    """
    result = await proxy.findServiceData(writeQuestion(question, isExplained))
    answer: QuestionAnswer = result.read(_read)
    return answer


def _read(root: Element) -> QuestionAnswer:
    if nameOf(root) not in _ANSWERS:
        raise PeerError(f'an expression was answered with "{cut(nameOf(root))}"')
    figures = {}
    for name in _EXPLAINED:
        text = root.get(f"{{{GMA}}}{name}", "")
        if _FIGURE.match(text):
            figures[name] = float(text)
    return QuestionAnswer(root, [Result(one) for one in root], figures)
