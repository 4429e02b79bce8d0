"""Which programs may be run: an absolute path to a file only its owner, root or us, can change."""

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from gma_twisted.errors import ProviderFailed, cut

__all__ = ["MAX_ARGUMENTS", "checkProgram"]

_HEADS = (b"\x7fELF", b"#!")

MAX_ARGUMENTS = 1024
"""Most words of one command."""


def checkProgram(argv: Sequence[str]) -> None:
    """
    Refuse a command that somebody else could have changed or that cannot be run.

    Only the program is looked at: a script given to an interpreter as an argument is the operator's care.

    @raise ProviderFailed: not a list of words, a relative path, no such file, not executable, owned by somebody
        else than root or us, or the file or a directory above it writable by others; the message names the path
    """
    if isinstance(argv, (str, bytes)) or not argv:
        raise ProviderFailed("a command is a list of words, the absolute path of a program first")
    if len(argv) > MAX_ARGUMENTS:
        raise ProviderFailed(f"command {cut(argv[0])} has more than {MAX_ARGUMENTS} words")
    for word in argv:
        if not isinstance(word, str) or "\0" in word:
            raise ProviderFailed(
                f"command {cut(argv[0])}: {cut(repr(word))} is not a word without NUL"
            )
    path = argv[0]
    if not os.path.isabs(path):
        raise ProviderFailed(f"program {cut(path)} must be an absolute path; PATH is not searched")
    try:
        resolved = Path(path).resolve(strict=True)
        _checkFile(path, resolved, resolved.stat())
        for directory in resolved.parents:
            _checkDirectory(path, directory, directory.stat().st_mode)
    except OSError as error:
        raise ProviderFailed(f"program {cut(path)} cannot be run: {error.strerror}") from None


def _checkFile(path: str, resolved: Path, facts: os.stat_result) -> None:
    if not stat.S_ISREG(facts.st_mode):
        raise ProviderFailed(f"program {cut(path)} is not a file")
    if not os.access(resolved, os.X_OK):
        raise ProviderFailed(f"program {cut(path)} is not executable")
    with resolved.open("rb") as file:
        head = file.read(4)
    if not head.startswith(_HEADS):
        # execvp would hand it to /bin/sh.
        raise ProviderFailed(
            f"program {cut(path)} is neither a binary nor a script that begins with #!"
        )
    if facts.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise ProviderFailed(
            f"program {cut(path)} is writable by others (mode {stat.S_IMODE(facts.st_mode):o});"
            " chmod go-w"
        )
    if facts.st_uid not in (0, os.geteuid()):
        raise ProviderFailed(
            f"program {cut(path)} belongs to user {facts.st_uid}, who could change it;"
            " it must be root's or ours"
        )


def _checkDirectory(path: str, directory: Path, mode: int) -> None:
    # In a sticky directory such as /tmp only the file's owner can replace it.
    if mode & stat.S_IWOTH and not mode & stat.S_ISVTX:
        raise ProviderFailed(f"program {cut(path)} can be replaced: {directory} is world-writable")
