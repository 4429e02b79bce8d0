"""C{gma query}: XPath and XQuery over what a node knows."""

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click

from gma_twisted.client import Proxy, QuestionAnswer, Result, ask
from gma_twisted.client.blocking import BlockingCaller, finished
from gma_twisted.command.asjson import contentOf, leaves, treeOf, valueAsJSON
from gma_twisted.command.calling import passCaller
from gma_twisted.command.failures import Exit, Failure, failureOf
from gma_twisted.command.names import PATTERN
from gma_twisted.command.output import Format, Table, formatOption, safe, say, show
from gma_twisted.command.parameters import PREFIX, valuesTimeoutOption
from gma_twisted.command.place import NODE, Place
from gma_twisted.errors import ExtensibilityTypeError, ParameterError
from gma_twisted.markup import Element, ReceivedValue, nameOf, readValue
from gma_twisted.markup.build import canonicalElement
from gma_twisted.markup.namespaces import GMA
from gma_twisted.model import Freshness, Language, NameSelector, QName, Question
from gma_twisted.soap.porttypes import GRID_SERVICE

__all__ = ["query"]

_MOST = 1024 * 1024
_PLACE = re.compile(r", line ([0-9]{1,6}), column ([0-9]{1,6}):")
_SHOWN = 160
_ORIGINATOR = f"{{{GMA}}}originator"
_STALE = f"{{{GMA}}}freshness"
_WHOLE = ("integer", "int", "long")
_NUMBERS = ("double", "decimal", "float")


class _Misplaced(Failure):
    """An expression that is wrong, with the line of it and a mark below the place."""

    def __init__(self, told: Failure, expression: str, line: int, column: int) -> None:
        """@param line, column: both from 1"""
        super().__init__(told.message, told.status)
        lines = expression.split("\n")
        text = safe(lines[line - 1]) if line <= len(lines) else ""
        start = max(0, column - _SHOWN // 2)
        self._line = text[start : start + _SHOWN]
        self._before = column - 1 - start

    def show(self, file: IO[Any] | None = None) -> None:
        """See L{Failure.show}."""
        super().show(file)
        if self._line:
            mark = " " * self._before + "^"
            click.echo(f"  {self._line}\n  {mark}", file=file or sys.stderr)


def _readFile(context: click.Context, parameter: click.Parameter, name: str | None) -> str | None:
    """The expression in a file."""
    if name is None:
        return None
    try:
        with Path(name).open(encoding="utf-8") as file:
            return file.read(_MOST + 1)
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise click.BadParameter(f"{name} cannot be read: {why}") from None


def _checked(expression: str | None) -> str:
    if expression is None:
        raise click.UsageError("there is no expression; write EXPR, or --file FILE")
    if expression == "-":
        expression = sys.stdin.read(_MOST + 1)
    if len(expression) > _MOST:
        raise click.UsageError(f"an expression of more than {_MOST} characters")
    if not expression.strip():
        raise click.UsageError("the expression is empty")
    return expression.rstrip("\n")


@click.command()
@click.argument("node", type=NODE)
@click.argument("expression", metavar="EXPR", required=False)
@click.option("--file", "-f", metavar="FILE", callback=_readFile, help="Read EXPR from a file.")
@click.option(
    "--lang",
    "language",
    type=click.Choice([one.value for one in Language]),
    default=Language.XPATH.value,
    show_default=True,
    help="What EXPR is written in.",
)
@click.option(
    "--name",
    "names",
    type=PATTERN,
    multiple=True,
    help="Only the values of this name; may be repeated. A part of it may be *.",
)
@click.option(
    "--ns",
    "namespaces",
    type=PREFIX,
    multiple=True,
    metavar="PREFIX=URI",
    help="A prefix in EXPR; may be repeated. Known ones such as glue need none.",
)
@click.option("--fresh", is_flag=True, help="Only values that are good now.")
@click.option("--explain", is_flag=True, help="Say what it took, too.")
@formatOption()
@valuesTimeoutOption
@passCaller
def query(
    caller: BlockingCaller,
    node: Place,
    expression: str | None,
    file: str | None,
    language: str,
    names: Sequence[QName],
    namespaces: Sequence[tuple[str, str]],
    fresh: bool,
    explain: bool,
    format: Format,
    timeout: float,
) -> None:
    """What EXPR finds in NODE's service data.

    EXPR is an expression in XPath or XQuery, or - to read it from the standard input. XPath is
    evaluated on each value by itself, XQuery on all of them, which are ?* there.

    Example: gma query 127.0.0.1:8480 'string(@Name)' --name glue:Host
    """
    if expression is not None and file is not None:
        raise click.UsageError("EXPR and --file are two expressions; leave one of them out")
    text = _checked(expression if file is None else file)
    question = Question(
        Language(language),
        text,
        tuple(NameSelector(one) for one in dict.fromkeys(names)),
        tuple(sorted(dict(namespaces).items())),
        Freshness.FRESH if fresh else Freshness.ANY,
    )
    service = node.service(caller, timeout)
    try:
        answer = finished(ask(Proxy((GRID_SERVICE,), service, caller, timeout), question, explain))
    except ExtensibilityTypeError as error:
        place = _PLACE.search(error.message)
        told = failureOf(error)
        if place is None:
            raise told from None
        raise _Misplaced(told, text, int(place[1]), int(place[2])) from None
    if explain:
        say(_explained(answer))
    if not answer.results:
        raise Failure(f"no result at {service}", Exit.NO)
    numbered = list(enumerate(answer.results, 1))
    show(
        format,
        lambda: Table(
            ["RESULT", "WHERE", "VALUE"],
            [[str(number), *row] for number, one in numbered for row in _rows(one)],
        ),
        lambda: [_asJSON(one) for one in answer.results],
        lambda: canonicalElement(answer.root),
    )


def _explained(answer: QuestionAnswer) -> str:
    figures = answer.figures
    if not figures:
        return "the node does not say what it took"
    seconds = ", ".join(
        f"{name} {figures[name]:.3f} s"
        for name in ("waited", "loaded", "evaluated", "written")
        if name in figures
    )
    counted = [f"{figures['values']:.0f} values"] if "values" in figures else []
    candidates = figures.get("candidates")
    if counted and candidates is not None and candidates != figures["values"]:
        counted[0] += f", {candidates:.0f} of them looked at"
    worker = [f"worker {figures['worker']:.0f}"] if "worker" in figures else []
    return "; ".join([*counted, *([seconds] if seconds else []), *worker])


def _valueIn(element: Element) -> ReceivedValue | None:
    """A whole value, with its lifetime and where it comes from, when it is one."""
    if element.get(_ORIGINATOR) is None:
        return None
    try:
        return readValue(element)
    except ParameterError:
        return None  # it only looks like one


def _rows(result: Result) -> Sequence[tuple[str, str]]:
    if not result.isNode:
        name = result.attribute
        where = f"@{name.rpartition('}')[2]}" if name else result.kind or "-"
        return [(where, result.text)]
    value = _valueIn(result.element)
    return leaves(result.element if value is None else treeOf(value))


def _asJSON(result: Result) -> object:
    element = result.element
    if not result.isNode:
        return _atomAsJSON(result)
    value = _valueIn(element)
    if value is not None:
        return valueAsJSON(value, element.get(_STALE) == Freshness.STALE.value)
    return {"name": nameOf(element).clark, "value": contentOf(element)}


def _atomAsJSON(result: Result) -> object:
    kind, text = result.kind, result.text
    try:
        if kind == "json":
            return json.loads(text)
        if kind in _WHOLE:
            return int(text)
        if kind in _NUMBERS:
            number = float(text)
            # JSON has no infinity.
            return number if number - number == 0.0 else text
    except (ValueError, RecursionError):
        return text
    return text == "true" if kind == "boolean" else text
