"""What C{--check} tells of a configuration that can be used, and may not mean what it says."""

from collections.abc import Iterator, Sequence

from gma_twisted.configuration import Configuration, Source
from gma_twisted.errors import ProviderFailed
from gma_twisted.execution import ProviderSetup
from gma_twisted.processes import checkProgram
from gma_twisted.providers import CORE_PROVIDERS

__all__ = ["doubts"]

_SCRIPT = CORE_PROVIDERS["ScriptExecutionProvider"]


def doubts(
    setups: Sequence[ProviderSetup], configuration: Configuration, source: Source
) -> Iterator[str]:
    """
    Look at every program as it will be looked at before each run: what is mounted late is no mistake.

    @param source: says where each command stands
    @return: a line for each program that is not there or may not be run
    """
    for setup in setups:
        if setup.implementation != _SCRIPT:
            continue
        command: Sequence[str] = setup.arguments["command"]  # type: ignore[assignment]
        try:
            checkProgram(command)
        except ProviderFailed as error:
            isKey = configuration.providers[setup.name].command is not None
            key = ("command",) if isKey else ("arguments", "command")
            where = source.where(("providers", setup.name, *key))
            yield f"{where}: warning: {error.message}"
