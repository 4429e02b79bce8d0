"""Making a component of its class, its arguments, and what the node gives it: the one way, for all of them."""

from collections.abc import Callable, Mapping
from typing import Any

from gma_twisted.errors import ConfigError, GMAError, ParameterError, cut
from gma_twisted.execution.arguments import describe, fitArguments, takes
from gma_twisted.execution.verify import checkProvider, dotted
from gma_twisted.processes import ProviderRuntime

__all__ = ["makeComponent"]


def makeComponent(
    factory: Callable[..., Any],
    arguments: Mapping[str, object],
    runtime: ProviderRuntime | None,
    what: str,
    dottedName: str = "",
    check: Callable[[Any, str, str], None] = checkProvider,
    given: Mapping[str, object] | None = None,
) -> Any:
    """
    Make one component, a provider unless told otherwise.

    @param factory: class or function of keyword arguments; a keyword C{runtime} is given the node's means
    @param runtime: C{None} in a node that runs no programs
    @param what: names the component in errors: by its place in the configuration, or its name
    @param dottedName: as configured; the class's own name otherwise
    @param check: compares what was made with its interface
    @param given: what the node fills itself where the class has a keyword of that name, beside C{runtime}
    @raise ParameterError: unknown, missing or ill-typed arguments, or the constructor refuses their values
    @raise ConfigError: what was made lacks a member of its interface
    """
    given = given or {}
    fitted = fitArguments(arguments, describe(factory, given), what)
    fitted |= {name: value for name, value in given.items() if takes(factory, name)}
    if takes(factory, "runtime"):
        if runtime is None:
            raise ConfigError(f"{what} needs a runtime, and this node gives none")
        fitted["runtime"] = runtime
    try:
        made = factory(**fitted)
    except GMAError as error:
        said = error.what
        cure = error.cure or _OTHER
        raise ParameterError(_refusal(factory, what, dottedName, said), cure=cure) from error
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        raise ParameterError(
            _refusal(factory, what, dottedName, _said(error)), cure=_OTHER
        ) from error
    try:
        check(made, what, dottedName)
    except GMAError:
        raise
    except (Exception, SystemExit, KeyboardInterrupt) as error:
        # An attribute may be a property, which is somebody's code as well.
        name = cut(dottedName or dotted(factory))
        raise ConfigError(f'{what} "{name}" cannot be checked: {_said(error)}') from error
    return made


_OTHER = "give other arguments"


def _said(error: BaseException) -> str:
    return cut(f"{type(error).__name__}: {error}".removesuffix(": "), 240)


def _refusal(factory: Callable[..., Any], what: str, dottedName: str, said: str) -> str:
    return f'{what} "{cut(dottedName or dotted(factory))}" cannot be made: {said}'
