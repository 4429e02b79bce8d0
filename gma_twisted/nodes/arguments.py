"""Arguments of a class in a configuration, compared with its constructor; what is wrong is told where it stands."""

from collections.abc import Mapping, Sequence

from gma_twisted.configuration import Source
from gma_twisted.configuration.places import Path
from gma_twisted.errors import ParameterError
from gma_twisted.execution import fitArguments
from gma_twisted.model import ProviderParameter

__all__ = ["checkArguments"]


def checkArguments(
    source: Source,
    section: Path,
    arguments: Mapping[str, object],
    parameters: Sequence[ProviderParameter],
    key: str = "arguments",
) -> None:
    """
    Check the arguments in a section.

    @param source: says where each key stands
    @param section: C{("providers", "host")}
    @param parameters: what the constructor takes
    @param key: which has them
    @raise ParameterError: see L{fitArguments}
    """
    path = (*section, key)
    try:
        fitArguments(arguments, parameters, source.where(path))
    except ParameterError as error:
        wrong = error.details.get("parameter", "")
        if wrong not in arguments:
            raise
        # Again, to say it where the argument itself stands.
        fitArguments(arguments, parameters, source.where((*path, wrong), atKey=True))
