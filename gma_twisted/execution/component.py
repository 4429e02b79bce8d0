"""Making a provider of its class, its configured arguments, and what the node gives it."""

from collections.abc import Callable, Mapping

from gma_twisted.errors import ConfigError, GMAError, ParameterError, cut
from gma_twisted.execution.arguments import describe, fitArguments, takes
from gma_twisted.execution.verify import checkProvider
from gma_twisted.interfaces import ISimpleDataProvider
from gma_twisted.processes import ProviderRuntime

__all__ = ["makeProvider"]


def makeProvider(
    factory: Callable[..., ISimpleDataProvider],
    arguments: Mapping[str, object],
    runtime: ProviderRuntime | None,
    what: str,
) -> ISimpleDataProvider:
    """
    Make one provider.

    @param factory: class or function of keyword arguments; a keyword C{runtime} is given the node's means
    @param runtime: C{None} in a node that runs no programs
    @param what: names the provider in errors
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
        raise ParameterError(f"{what}: {error.message}") from error
    except Exception as error:
        raise ParameterError(f"{what}: {type(error).__name__}: {cut(error)}") from error
    checkProvider(made, what)
    return made
