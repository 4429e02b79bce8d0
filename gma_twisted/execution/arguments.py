"""A component's constructor is the declaration of its arguments: read from it, checked against it.

Parameters the node fills itself (L{INJECTED}) are no arguments: nobody configures or sees them. What a class
names in C{operatorOnly} is an argument of the configuration alone (L{forCallers}).
"""

import inspect
import math
import shlex
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Union, get_args, get_origin

from gma_twisted.errors import ParameterError, cut
from gma_twisted.markup.xsd import readBoolean
from gma_twisted.model import ProviderParameter
from gma_twisted.redaction import HIDDEN, isSecret

__all__ = [
    "INJECTED",
    "MAX_ARGUMENTS",
    "describe",
    "fitArguments",
    "forCallers",
    "readArguments",
    "takes",
    "writeArguments",
]

INJECTED = frozenset({"runtime"})
"""Constructor keywords the node gives itself."""

MAX_ARGUMENTS = 8192
"""Most characters of arguments given as text."""

_SKIPPED = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_LONGEST_NUMBER = 40


def describe(
    component: Callable[..., object], given: Container[str] = ()
) -> tuple[ProviderParameter, ...]:
    """
    What a class's constructor, or a function that makes components, takes; injected parameters are left out.

    @param given: further parameters that the node fills itself
    @raise ParameterError: its signature cannot be read
    """
    return tuple(
        ProviderParameter(
            parameter.name,
            _kind(parameter.annotation),
            None if parameter.default is parameter.empty else repr(parameter.default),
        )
        for parameter in _signature(component).parameters.values()
        if parameter.kind not in _SKIPPED
        and parameter.name not in INJECTED
        and parameter.name not in given
    )


def forCallers(component: Callable[..., object]) -> tuple[ProviderParameter, ...]:
    """What of L{describe} a caller may give: all but the names in the component's C{operatorOnly}, if it has them."""
    kept = getattr(component, "operatorOnly", ())
    return tuple(one for one in describe(component) if one.name not in kept)


def writeArguments(parameters: Sequence[ProviderParameter]) -> str:
    """The parameters as words L{readArguments} could read: C{key=default}; a required one has nothing after C{=}."""
    return " ".join(f"{one.name}={one.default or ''}" for one in parameters)


def takes(component: Callable[..., object], name: str) -> bool:
    """Whether the constructor has a parameter of that name."""
    return name in _signature(component).parameters


def fitArguments(
    values: Mapping[str, object], parameters: Sequence[ProviderParameter], what: str
) -> dict[str, object]:
    """
    Check values from a configuration; integers fit C{float}, text fits C{Path}, as TOML writes them.

    @param what: names the component in errors
    @raise ParameterError: an unknown key, with the nearest known one; a value of another type; a required
        argument that is missing
    """
    kinds = _known(values, parameters, what)
    missing = [one.name for one in parameters if one.default is None and one.name not in values]
    if missing:
        raise ParameterError(
            f'{what}: argument "{missing[0]}" is missing',
            cure=f"give {missing[0]} among the arguments",
            parameter=missing[0],
        )
    return {key: _fit(value, kinds[key], key, what) for key, value in values.items()}


def readArguments(
    text: str, parameters: Sequence[ProviderParameter], what: str
) -> dict[str, object]:
    """
    Read shell-like words C{key=value key2='a b'}; a key of kind C{list[str]} may come several times (WIRE 4).

    Required arguments may be missing: the configuration has them already.

    @param what: names the component in errors
    @raise ParameterError: as L{fitArguments}, and words that are no C{key=value}, or unbalanced quotes
    """
    if len(text) > MAX_ARGUMENTS:
        raise ParameterError(f"{what}: arguments are longer than {MAX_ARGUMENTS} characters")
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise ParameterError(f'{what}: arguments "{cut(text)}": {error}') from None
    given: dict[str, list[str]] = {}
    for word in words:
        key, equals, value = word.partition("=")
        if not equals or not key:
            raise ParameterError(f'{what}: "{cut(word)}" is not an argument such as key=value')
        given.setdefault(key, []).append(value)
    kinds = _known(given, parameters, what)
    return {key: _read(texts, kinds[key], key, what) for key, texts in given.items()}


def _signature(component: Callable[..., object]) -> inspect.Signature:
    try:
        return inspect.signature(component, eval_str=True)
    except NameError:
        return inspect.signature(component)
    except (TypeError, ValueError) as error:
        raise ParameterError(f"cannot read the arguments of {cut(component)}: {error}") from None


def _kind(annotation: object) -> str:
    if annotation is inspect.Parameter.empty:
        return ""
    if get_origin(annotation) in (Union, UnionType):
        # What may be None is simply left out.
        return " | ".join(_kind(one) for one in get_args(annotation) if one is not type(None))
    if isinstance(annotation, type) and not get_args(annotation):
        return annotation.__name__
    return str(annotation).replace("collections.abc.", "").replace("typing.", "")


def _known(
    values: Mapping[str, object], parameters: Sequence[ProviderParameter], what: str
) -> dict[str, str]:
    kinds = {one.name: one.kind for one in parameters}
    for key in values:
        if key not in kinds:
            raise ParameterError(
                f'{what}: unknown argument "{cut(key)}"', cure=_nearest(key, kinds), parameter=key
            )
    return kinds


def _nearest(key: str, kinds: Iterable[str]) -> str:
    near = get_close_matches(key, kinds, 1)
    if near:
        return f'did you mean "{near[0]}"?'
    known = ", ".join(sorted(kinds))
    return f"known are {known}" if known else "leave it out: there are no arguments"


_LISTS = ("list[str]", "Sequence[str]", "tuple[str, ...]")
# As TOML has them.
_EXAMPLES = {"str": '"x"', "bool": "true", "int": "3", "float": "0.5", "Path": '"/var/lib/x"'}
_LIST = '["x", "y"]'
_PLAIN: dict[str, tuple[type, ...]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "Path": (str, Path),
}


def _fit(value: object, kind: str, key: str, what: str) -> object:
    if kind in _LISTS:
        good = isinstance(value, (list, tuple)) and all(isinstance(one, str) for one in value)
    elif kind in _PLAIN:
        # bool is an int to Python, not to an operator.
        good = isinstance(value, _PLAIN[kind]) and isinstance(value, bool) == (kind == "bool")
    else:
        return value
    if not good:
        raise ParameterError(
            f'{what}: argument "{key}" must be {kind}, not {_told(key, repr(value))}',
            cure=f"write {_EXAMPLES.get(kind, _LIST)}, for example",
            parameter=key,
        )
    if kind == "Path":
        return Path(str(value))
    if kind == "float" and isinstance(value, int):
        return float(value)
    return value


def _read(texts: list[str], kind: str, key: str, what: str) -> object:
    if kind in _LISTS:
        return texts
    if len(texts) > 1:
        raise ParameterError(f'{what}: argument "{key}" is given twice', parameter=key)
    reader = _READERS.get(kind)
    if reader is None:
        raise ParameterError(
            f'{what}: argument "{key}" of type {kind} cannot be given as text', parameter=key
        )
    try:
        return reader(texts[0])
    except (ValueError, ParameterError):
        raise ParameterError(
            f'{what}: argument "{key}" must be {kind}, not "{_told(key, texts[0])}"', parameter=key
        ) from None


def _told(key: str, value: str) -> str:
    return HIDDEN if isSecret(key) else cut(value)


def _readInt(text: str) -> int:
    if len(text) > _LONGEST_NUMBER or not text.isascii():
        raise ValueError(text)
    return int(text)


def _readFloat(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(text)
    return number


_READERS: dict[str, Callable[[str], object]] = {
    "": str,
    "str": str,
    "int": _readInt,
    "float": _readFloat,
    "bool": readBoolean,
    "Path": Path,
}
