"""NetLogger's own reader and writer, as a program of build/netlogger; C{netlogger.py read} or C{netlogger.py write}.

C{read} takes lines, and writes a line of JSON for each: what was read of it, or C{error}. C{write} takes JSON,
C{[name, time, fields]}, and writes lines.
"""

import json
import sys
from importlib import import_module

__all__: list[str] = []


def _read() -> None:
    parser = import_module("Pegasus.netlogger.parsers.base").NLFastParser(verify=True)
    for line in sys.stdin.buffer.read().decode().split("\n")[:-1]:
        try:
            said = parser.parseLine(line)
        except ValueError as error:
            said = {"error": str(error)}
        sys.stdout.write(json.dumps(said) + "\n")


def _write() -> None:
    api = import_module("Pegasus.netlogger.nlapi")
    log = api.Log(level=api.Level.ALL, guid=False)
    for line in sys.stdin.buffer:
        name, time, fields = json.loads(line)
        sys.stdout.buffer.write(log.write(name, time, **fields).encode())


if __name__ == "__main__":
    {"read": _read, "write": _write}[sys.argv[1]]()
