"""The file of the bearer token that a program without a node shows to the one it calls."""

from pathlib import Path

from gma_twisted.configuration.tokens import isShielded
from gma_twisted.errors import ConfigError
from gma_twisted.security.identity import isToken
from gma_twisted.security.secretfile import readSecret

__all__ = ["readToken"]


def readToken(name: str, url: str, option: str) -> str:
    """
    The token.

    @param name: of the file; one line
    @param url: where it is shown
    @param option: what named the file; begins the errors
    @raise ConfigError: the file cannot be used, or others could read the token on the way
    """
    if not isShielded(url):
        raise ConfigError(
            f"{option}: everybody on the way to {url} could read the token",
            cure="call it by https://",
        )
    try:
        text = readSecret(Path(name)).text
    except ConfigError as error:
        raise ConfigError(f"{option}: {error.what}", cure=error.cure) from None
    if not isToken(text):
        cure = "write into it what gma token new NAME prints first, at the node that is called"
        raise ConfigError(f"{option}: {name} holds no bearer token", cure=cure)
    return text
