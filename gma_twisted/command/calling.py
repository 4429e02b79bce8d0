"""What a verb of C{gma} calls with."""

import functools
from collections.abc import Callable
from typing import Any, TypeVar

import click

from gma_twisted.client.blocking import BlockingCaller
from gma_twisted.command.trust import trustOf

__all__ = ["passCaller"]

F = TypeVar("F", bound=Callable[..., Any])


def passCaller(verb: F) -> F:
    """Gives a verb, as its first parameter, what it calls with: that of the context, or a new one."""

    @click.pass_context
    def called(context: click.Context, *words: Any, **more: Any) -> Any:
        caller = context.find_object(BlockingCaller) or BlockingCaller(
            trust=trustOf(context), longer="--timeout waits longer"
        )
        return context.invoke(verb, caller, *words, **more)

    return functools.update_wrapper(called, verb)  # type: ignore[return-value]
