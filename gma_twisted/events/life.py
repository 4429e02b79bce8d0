"""What tells the numbers of one life of a producer from those of all others."""

import secrets

__all__ = ["newLife"]


def newLife(digits: int = 8) -> str:
    """Hexadecimal, and a letter first: nobody takes it for a number."""
    return secrets.choice("abcdef") + secrets.token_hex(digits // 2)[1:]
