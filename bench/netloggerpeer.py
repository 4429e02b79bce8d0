"""NetLogger's own modules, measured by their own program in their own environment, see L{bench.lines}.

The first line of its standard input is JSON: the lines to read and the events to write, C{[name, time, fields]}. Each
line after it is one of C{check}, C{read}, C{unchecked} and C{write}. Of the first the answer, a line of JSON, is what
it read and wrote; of the others the seconds of CPU of one round.
"""

import json
import sys
import time
from collections.abc import Callable
from importlib import import_module
from typing import Any

__all__: list[str] = []


def _measured(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began


def _main() -> None:
    base, api = (
        import_module("Pegasus.netlogger.parsers.base"),
        import_module("Pegasus.netlogger.nlapi"),
    )
    strict, loose = base.NLFastParser(verify=True), base.NLFastParser(verify=False)
    log = api.Log(level=api.Level.ALL, guid=False, newline=False)
    given: Any = json.loads(sys.stdin.readline())
    lines, events = given["lines"], given["events"]

    def read(parser: Any) -> None:
        parse = parser.parseLine
        for line in lines:
            parse(line)

    def write() -> None:
        line = log.write
        for name, when, fields in events:
            line(name, when, None, **fields)

    for command in sys.stdin:
        answer: object
        if command == "check\n":
            said = [strict.parseLine(line) for line in lines]
            answer = [
                said,
                [log.write(name, when, None, **fields) for name, when, fields in events],
            ]
        elif command == "write\n":
            answer = _measured(write)
        else:
            parser = strict if command == "read\n" else loose
            answer = _measured(lambda parser=parser: read(parser))  # type: ignore[misc]
        sys.stdout.write(json.dumps(answer) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    _main()
