"""Whether a constructor declares its arguments: configuration and clients read them there."""

import inspect

from twisted.trial.unittest import SynchronousTestCase

__all__ = ["checkKeywords"]


def checkKeywords(case: SynchronousTestCase, component: object) -> None:
    """Fail a test whose component's class takes keywords it does not name."""
    kind = type(component)
    for parameter in inspect.signature(kind).parameters.values():
        if parameter.kind is parameter.VAR_KEYWORD:
            case.fail(
                f"the constructor of {kind.__name__} takes **{parameter.name}: a misspelt argument "
                "would be swallowed; name each keyword"
            )
