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
) -> Any:
    """
    Make one component, a provider unless told otherwise.

    @param factory: class or function of keyword arguments; a keyword C{runtime} is given the node's means
    @param runtime: C{None} in a node that runs no programs
    @param what: names the component in errors: by its place in the configuration, or its name
    @param dottedName: as configured; the class's own name otherwise
    @param check: compares what was made with its interface
    @raise ParameterError: unknown, missing or ill-typed arguments, or the constructor refuses their values
    @raise ConfigError: what was made lacks a member of its interface
    """
    fitted = fitArguments(arguments, describe(factory), what)
    if takes(factory, "runtime"):
        if runtime is None:
            raise ConfigError(f"{what} needs a runtime, and this node gives none")
        fitted["runtime"] = runtime
    try:
        made = factory(**fitted)
    except GMAError as error:
        raise ParameterError(_refusal(factory, what, dottedName, error.message)) from error
    except (Exception, SystemExit) as error:
        said = cut(f"{type(error).__name__}: {error}", 240)
        raise ParameterError(_refusal(factory, what, dottedName, said)) from error
    check(made, what, dottedName)
    return made


def _refusal(factory: Callable[..., Any], what: str, dottedName: str, said: str) -> str:
    return f'{what} "{cut(dottedName or dotted(factory))}" cannot be made: {said}'
