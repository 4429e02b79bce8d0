"""What stands for C{gma} or C{twistd} on a path: has L{tests.integration.forking} fork it, and ends as it ends.

C{python -IS forkclient.py SOCKET PROGRAM WORDS...}. It is read by a Python without site packages, to be there soon.
"""

import json
import os
import signal
import socket
import sys
from types import FrameType

__all__: list[str] = []


def main(path: str, program: str, *words: str) -> int:
    """@return: the exit status; a signal that ended the program ends this one too"""
    asked = {
        "program": program,
        "words": words,
        "directory": os.getcwd(),
        "environment": dict(os.environ),
    }
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as server:
        server.connect(path)
        socket.send_fds(server, [json.dumps(asked).encode()], [0, 1, 2])
        pid = int(server.recv(64))

        def forward(number: int, frame: FrameType | None) -> None:
            os.kill(pid, number)

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, forward)
        status = int(server.recv(64))
    if status < 0:
        signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
