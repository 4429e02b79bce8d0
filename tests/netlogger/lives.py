"""Lines of real servers."""

import json
from pathlib import Path

__all__ = ["LIVES"]

_VECTORS = json.loads(Path(__file__).with_name("vectors.json").read_text())
LIVES: tuple[bytes, ...] = tuple(one["line"].encode() for one in _VECTORS["ulm_read"])
"""ULM of GridFTP servers and others; the last has a blank that is in no quotes."""
