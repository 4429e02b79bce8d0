"""
Questions that are kept: what each is to tell as the hosts change, and whether that is what was heard.

Half of them ask for the loads of a few hosts: they have another answer with every change of a load. The others ask
which hosts of an originator are busier than so much: they have another answer when one becomes so, or is so no more. A
change of three leaves every answer as it is.
"""

import re
from collections.abc import Callable, Iterable, Sequence

import attrs

from bench.hosts import NAME, ORIGINATORS, Host, Hosts, keyOf, originatorOf
from gma_twisted.model import Language, NameSelector, QName, Question

__all__ = [
    "Checked",
    "Heard",
    "Kept",
    "Result",
    "Told",
    "check",
    "foretold",
    "keptQuestions",
    "toldAt",
]

Result = tuple[str, ...]
"""What an answer says: its results as texts, in order."""

_SELECTORS = (NameSelector(QName(*NAME)),)
_RESULT = re.compile(rb"<gma:result[^>]*>([^<]*)</gma:result>")
# Hosts are told apart by the last digits of their names, so many groups.
_GROUPS = 1000
# Loads of which it is asked who has more.
_STEP, _STEPS, _MIDDLE = 90, 10, 500


@attrs.frozen(slots=True, eq=False)
class Kept:
    """
    One of them.

    @ivar question: what is asked
    @ivar touches: whether a host has to do with the answer
    @ivar part: what it adds to the answer, empty for nothing
    """

    question: Question
    touches: Callable[[Host], bool]
    part: Callable[[Host], str]

    @property
    def isWhole(self) -> bool:
        """Whether it is put to all values together, and counts."""
        return self.question.language is Language.XQUERY

    def result(self, own: Iterable[Host]) -> Result:
        """The answer. @param own: the hosts that have to do with it, as they stand in answers"""
        parts = tuple([part for host in own if (part := self.part(host))])
        return (str(len(parts)),) if self.isWhole else parts


def keptQuestions(count: int, whole: int) -> list[Kept]:
    """
    Some questions, no two alike.

    @param count: how many in XPath, at most 2,000
    @param whole: how many in XQuery, at most 1,000
    """
    paths = [_group(number // 2) if number % 2 else _site(number // 2) for number in range(count)]
    return [*paths, *(_counted(number) for number in range(whole))]


def _group(number: int) -> Kept:
    text = (
        f"/glue:Host[substring(@glue:Name, 11, 3) = '{number:03d}']"
        "/glue:ProcessorLoad/@glue:Last1Min"
    )
    question = Question(Language.XPATH, text, _SELECTORS)
    return Kept(question, lambda host: host.number % _GROUPS == number, lambda host: str(host.load))


def _site(number: int) -> Kept:
    site, least = number % ORIGINATORS, _STEP * (_STEPS - number // ORIGINATORS)
    text = (
        f"/glue:Host[@gma:originator = '{originatorOf(site)}'][glue:ProcessorLoad/@glue:Last1Min >= {least}]"
        "/@gma:key"
    )
    question = Question(Language.XPATH, text, _SELECTORS)
    return Kept(
        question,
        lambda host: host.number % ORIGINATORS == site,
        lambda host: keyOf(host.number) if host.load >= least else "",
    )


def _counted(number: int) -> Kept:
    site, least = number % ORIGINATORS, _MIDDLE + number // ORIGINATORS
    text = (
        f"count(?*[self::glue:Host][@gma:originator = '{originatorOf(site)}']"
        f"[glue:ProcessorLoad/@glue:Last1Min >= {least}])"
    )
    question = Question(Language.XQUERY, text, _SELECTORS)
    return Kept(
        question,
        lambda host: host.number % ORIGINATORS == site,
        lambda host: "x" if host.load >= least else "",
    )


@attrs.frozen(slots=True)
class Told:
    """
    An answer that was another one than that before.

    @ivar at: when it became so, seconds on the machine's clock; of the first one, negative infinity
    @ivar result: what it says
    """

    at: float
    result: Result


def foretold(kept: Sequence[Kept], hosts: Hosts, changes: int) -> list[list[tuple[int, Result]]]:
    """
    Everything the questions are to tell, each in order.

    @param hosts: as they are before; they are changed with this
    @param changes: so many times
    @return: for each question its answers, the first of which is what is so before, each with the number of the change
        that made it so; -1 for the first
    """
    own = [_inOrder(host for host in hosts.all if one.touches(host)) for one in kept]
    concerned: dict[int, list[int]] = {}
    for number, some in enumerate(own):
        for host in some:
            concerned.setdefault(host.number, []).append(number)
    found = [[(-1, one.result(some))] for one, some in zip(kept, own, strict=True)]
    for change in range(changes):
        for number in concerned.get(hosts.change().number, ()):
            result = kept[number].result(own[number])
            if result != found[number][-1][1]:
                found[number].append((change, result))
    return found


def toldAt(answers: Sequence[tuple[int, Result]], times: Sequence[float]) -> list[Told]:
    """The answers of a question. @param times: when each change was made"""
    return [
        Told(times[change] if change >= 0 else float("-inf"), result) for change, result in answers
    ]


def _inOrder(hosts: Iterable[Host]) -> list[Host]:
    return sorted(hosts, key=lambda host: (originatorOf(host.number), keyOf(host.number)))


@attrs.frozen(slots=True)
class Heard:
    """
    A notice of a kept question.

    @ivar at: when it was there, seconds on the machine's clock
    @ivar sequence: its number
    @ivar result: what it says
    """

    at: float
    sequence: int
    result: Result

    @staticmethod
    def resultOf(message: bytes) -> Result:
        """What the notice says. @param message: all of it"""
        return tuple([text.decode() for text in _RESULT.findall(message)])


@attrs.frozen(slots=True)
class Checked:
    """
    What came of one question.

    @ivar expected: answers it had to tell, beside the first
    @ivar heard: notices beside the first
    @ivar passed: answers that were not told, and need not be: they did not last
    @ivar missed: answers that were not told
    @ivar wrong: notices that say what was not so then, or come twice, or out of turn
    @ivar delays: seconds from each change to its notice
    """

    expected: int
    heard: int
    passed: int
    missed: int
    wrong: int
    delays: Sequence[float]


def check(told: Sequence[Told], heard: Sequence[Heard], lasting: float) -> Checked:
    """
    Compare what was to be told of a question with what was heard.

    Each notice is found a place among the answers, in order, such that as few answers as possible are missed.

    @param told: the first one is what was so before
    @param heard: in the order they came
    @param lasting: seconds an answer holds that must be told; the last one must be in any case
    """
    numbering = sum(one.sequence != number for number, one in enumerate(heard, 1))
    # How many of the answers before each place must be told.
    due = [0]
    for number, answer in enumerate(told, 1):
        isLast = number == len(told)
        due.append(due[-1] + (isLast or told[number].at - answer.at >= lasting))
    # By the place of the last notice: how many were missed until then, and the places of all of them.
    best: dict[int, tuple[int, list[int]]] = {-1: (0, [])}
    misfits = 0
    for one in heard:
        found = {
            place: min(
                (missed + due[place] - due[before + 1], [*path, place])
                for before, (missed, path) in best.items()
                if before < place
            )
            for place in range(min(best) + 1, len(told))
            if told[place].result == one.result
        }
        best = found or best
        misfits += not found
    missed, path = min(
        (missed + due[-1] - due[place + 1], path) for place, (missed, path) in best.items()
    )
    wrong = numbering + misfits
    delays = []
    if not wrong:
        pairs = zip(heard, path, strict=True)
        delays = [one.at - told[place].at for one, place in pairs if place > 0]
    passed = len(told) - len(path) - missed
    return Checked(len(told) - 1, len(heard) - 1, passed, missed, wrong, delays)
