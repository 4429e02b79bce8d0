"""Names of Java classes and callback methods, and what stands for them here."""

from collections.abc import Callable, Collection, Mapping

import attrs

from gma_twisted.configuration.mistakes import nearest
from gma_twisted.errors import ParameterError, cut

__all__ = ["SCRIPT", "ProviderClasses", "Resolved", "shown"]

SCRIPT = "ScriptExecutionProvider"
"""The provider whose arguments are a command line."""

_GLOBUS = "org.globus."
_SUFFIX = "Provider"
_LONGEST = 256
_DEFAULT = "defaultProviderCallback"
_OWN = (
    'write a Python class that provides ISimpleDataProvider instead, "package.module:Class", '
    f"or run a program with {SCRIPT}"
)


def shown(name: str) -> str:
    """A class's name for a message: those of Java are long, and their end tells most."""
    return f'"{cut(name, _LONGEST)}"'


@attrs.frozen(slots=True)
class Resolved:
    """
    A class as our sections name it.

    @ivar implementation: short name of the package, or C{package.module:Class}
    @ivar doubt: what may not be meant; empty when it is clear
    """

    implementation: str
    doubt: str = ""


@attrs.frozen(slots=True)
class ProviderClasses:
    """
    What is known of classes where they can be loaded, some floors above.

    @ivar providers: short names of the package's own; a GT3 class of the same name is taken for it
    @ivar readArguments: takes class and arguments as one text of words, gives arguments as TOML has them; raises
        L{GMAError <gma_twisted.errors.GMAError>} when either is wrong
    @ivar isAsync: whether a class, by the same name, has the asynchronous interface; raises as C{readArguments}
    @ivar handlers: names of GT3's callback methods and the package's own handlers, and what our sections call them
    """

    providers: Collection[str]
    readArguments: Callable[[str, str], Mapping[str, object]]
    isAsync: Callable[[str], bool]
    handlers: Mapping[str, str] = attrs.field(factory=dict)

    def resolve(self, name: str) -> Resolved:
        """
        The class a provider file means.

        @param name: of a Java class, a short name of the package's own, or C{package.module:Class}
        @raise ParameterError: there is no such class here; the message says what to write instead
        """
        if ":" in name:
            return Resolved(name)
        package, _, last = name.rpartition(".")
        if package and not f"{package}.".startswith(_GLOBUS):
            raise ParameterError(
                f"{shown(name)} is no Python class",
                cure=f'write "{package}:{last}" if it is one; if it is a Java class, {_OWN}',
            )
        if last in self.providers:
            return Resolved(last)
        if last + _SUFFIX in self.providers:
            # GT 3.2's own default file executes a class of this shorter name, which never was.
            return Resolved(last + _SUFFIX, f"{shown(name)} is taken for {last}{_SUFFIX}")
        if not package:
            cure = nearest(last, self.providers)
            raise ParameterError(f"{shown(name)} is no class of this package", cure=cure)
        raise ParameterError(f"the Java class {shown(name)} has no counterpart here", cure=_OWN)

    def resolveHandler(self, name: str) -> str | None:
        """
        The class an attribute C{handler} means.

        @return: short or dotted name; C{None} for GT3's own default, which is ours
        @raise ParameterError: there is none; the message says what to write instead
        """
        if name == _DEFAULT:
            return None
        if ":" in name:
            return name
        if name in self.handlers:
            return self.handlers[name]
        raise ParameterError(
            f"the Java method {shown(name)} has no counterpart here",
            cure='write a Python class that provides IResultHandler, "package.module:Class", '
            "or leave handler out: the root element is the value then",
        )
