"""What C{--check} and a start tell of a configuration that can be used: what may not be meant, and what it makes."""

from collections.abc import Iterator, Sequence

from gma_twisted.configuration import Draft
from gma_twisted.errors import ProviderFailed
from gma_twisted.execution import ProviderSetup
from gma_twisted.nodes.plan import Plan
from gma_twisted.processes import checkProgram
from gma_twisted.providers import CORE_PROVIDERS

__all__ = ["doubts", "summary"]

_SCRIPT = CORE_PROVIDERS["ScriptExecutionProvider"]


def doubts(setups: Sequence[ProviderSetup], draft: Draft) -> Iterator[str]:
    """
    What was doubted when it was read; every program, looked at as it will be before each run: what is mounted late is
    no mistake; and names to be copied that have no namespace, as service data hardly ever do.

    @return: a line each
    """
    yield from draft.doubts
    for setup in setups:
        if setup.implementation != _SCRIPT:
            continue
        command: Sequence[str] = setup.arguments["command"]  # type: ignore[assignment]
        try:
            checkProgram(command)
        except ProviderFailed as error:
            isKey = draft.configuration.providers[setup.name].command is not None
            key = ("command",) if isKey else ("arguments", "command")
            where = draft.source.where(("providers", setup.name, *key))
            yield f"{where}: warning: {error.message}"
    yield from _unspaced(draft)


def _unspaced(draft: Draft) -> Iterator[str]:
    configuration = draft.configuration
    for kind, sections in (
        ("aggregate", configuration.aggregate),
        ("register", configuration.register),
    ):
        for name, section in sections.items():
            for index, one in enumerate(section.names):
                if not one.namespace:
                    where = draft.source.where((kind, name, "names", index))
                    yield (
                        f'{where}: warning: "{one.localName}" has no namespace, and matches nothing that has one; '
                        f'write "glue:{one.localName}" or "{{uri}}{one.localName}"'
                    )


def summary(plan: Plan) -> str:
    """What a node of this plan does, in a line."""
    where = ", ".join(one.text for one in plan.listens)
    providers = ", ".join(one.name for one in plan.setups)
    runs = f"; providers: {providers}" if plan.kind.runsProviders else ""
    copies = f"; aggregates: {', '.join(plan.aggregate)}" if plan.aggregate else ""
    services = f"; services: {', '.join(plan.services)}" if plan.services else ""
    return f"{plan.kind.command}: all right; listens on {where}{runs}{copies}{services}"
