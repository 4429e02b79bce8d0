"""Groups of verbs, each imported when it is called: the others' engines take longer to import than a node to answer."""

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from gma_twisted.command.failures import failureOf
from gma_twisted.errors import GMAError

__all__ = ["Verbs"]


class Verbs(click.Group):
    """A group that ends with the exit status of whatever a verb raises."""

    def __init__(self, *words: Any, verbs: Mapping[str, str], **more: Any) -> None:
        """@param verbs: by name: where each is, C{package.module:function}"""
        super().__init__(*words, **more)
        self.verbs = verbs

    def list_commands(self, context: click.Context) -> list[str]:
        """See click."""
        return sorted(self.verbs)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        """See click."""
        if name not in self.verbs:
            return None
        module, _, attribute = self.verbs[name].partition(":")
        command: click.Command = getattr(import_module(module), attribute)
        return command

    def resolve_command(
        self, context: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """See click; it says which verb is like one that is not there."""
        if args[0] not in self.verbs and not context.resilient_parsing:
            # Imports more than a verb that is there.
            from gma_twisted.configuration.mistakes import nearest, quoted  # noqa: PLC0415

            context.fail(f"there is no verb {quoted(args[0])}; {nearest(args[0], self.verbs)}")
        return super().resolve_command(context, args)

    def invoke(self, context: click.Context) -> Any:
        """See click."""
        try:
            return super().invoke(context)
        except GMAError as error:
            raise failureOf(error) from None
