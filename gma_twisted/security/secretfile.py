"""Files of one line that nobody else should read: passwords and tokens."""

from pathlib import Path

import attrs

from gma_twisted.configuration.files import readContent
from gma_twisted.errors import ConfigError

__all__ = ["Secret", "readSecret"]


_MOST = 1024


@attrs.frozen(slots=True)
class Secret:
    """
    What a file says.

    @ivar text: its line, without the end; never shown
    @ivar isOpen: whether others than its owner may read or change the file
    """

    text: str = attrs.field(repr=False)
    isOpen: bool = False


def readSecret(path: Path) -> Secret:
    """
    Read one.

    @raise ConfigError: there is no line of 1 to 1024 characters in it, or more than one; the message has a cure, and
        nothing of what is in the file
    """
    try:
        content = readContent(path, 4 * _MOST)
    except ConfigError as error:
        cure = "make it, with one line, readable for this node only"
        raise ConfigError(f"{path} {error.what}", cure=cure) from None
    return Secret(_lineOf(content.data, path), content.isOpen)


def _lineOf(data: bytes, path: Path) -> str:
    try:
        text = data.decode("utf-8").removesuffix("\n").removesuffix("\r")
    except UnicodeDecodeError:
        raise ConfigError(f"{path} is not UTF-8", cure="write one line of text") from None
    if not text:
        raise ConfigError(f"{path} is empty", cure="write one line into it")
    if len(text) > _MOST:
        raise ConfigError(
            f"{path} has more than {_MOST} characters", cure="write one shorter line into it"
        )
    if not text.isprintable():
        raise ConfigError(
            f"{path} has more than one line, or control characters", cure="write one line of text"
        )
    return text
