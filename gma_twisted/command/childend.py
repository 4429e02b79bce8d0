"""The end of a process that a verb has begun."""

import subprocess

__all__ = ["endChild"]


def endChild(process: "subprocess.Popen[str] | subprocess.Popen[bytes]", seconds: float) -> None:
    """
    End it kindly, and when it does not end, or at another Ctrl-C, at once. No effect when it has ended.

    @param seconds: it has to end
    """
    process.terminate()
    try:
        process.wait(seconds)
    except (subprocess.TimeoutExpired, KeyboardInterrupt):
        process.kill()
        process.wait()
