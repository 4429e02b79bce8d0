"""Servers that are no Python: a program of its own, child of the process that speaks with the benchmark."""

import http.client
import re
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from bench.basex import PASSWORD, USER
from bench.peers import BASEX
from bench.servers.control import announce, watchInput

__all__ = ["buildGsoap", "serveBaseX", "serveEtcd", "serveGsoap"]

_START = 20.0
_STOP = 5.0
_BUILD = 50.0
_PAUSE = 0.05
_SOURCES = Path(__file__).parent / "gsoap"


def _freePorts(count: int) -> list[int]:
    """Ports nobody listens at now; all different."""
    listening = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [each.getsockname()[1] for each in listening]
    for each in listening:
        each.close()
    return ports


def _serve(
    command: Sequence[str],
    port: int,
    answers: Callable[[int], bool],
    versions: Mapping[str, str],
) -> None:
    """
    Run a program until the standard input ends.

    @param answers: whether the program serves, asked again and again for its port
    @raise SystemExit: the program ended by itself or did not come to serve
    """
    # It must not outlive this process, however this one ends.
    guarded = ["setpriv", "--pdeathsig", "KILL", *command]
    with subprocess.Popen(guarded, stdin=subprocess.DEVNULL, stdout=sys.stderr) as program:
        try:
            deadline = time.monotonic() + _START
            while not answers(port):
                if program.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"{command[0]} does not serve at port {port}")
                time.sleep(_PAUSE)
            announce(port, versions)
            watchInput(program.terminate)
            program.wait()
        finally:
            program.terminate()
            try:
                program.wait(_STOP)
            except subprocess.TimeoutExpired:
                program.kill()


def _accepts(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), _STOP).close()
        return True
    except OSError:
        return False


def _isHealthy(port: int) -> bool:
    """Whether etcd has a leader, itself, and would take a write."""
    asking = http.client.HTTPConnection("127.0.0.1", port, timeout=_STOP)
    try:
        asking.request("GET", "/health")
        return b'"true"' in asking.getresponse().read()
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asking.close()


def _told(*command: str) -> str:
    """The first number with dots that a program writes."""
    done = subprocess.run(command, capture_output=True, text=True, timeout=_STOP, check=False)
    found = re.search(r"\d+(\.\d+)+", done.stdout + done.stderr)
    return found[0] if found else "unknown"


def buildGsoap(directory: Path) -> Path:
    """
    Make the server from F{bench/servers/gsoap}, unless it was made from these sources.

    What soapcpp2 writes is under the GPL, or a licence of its makers: it stays in C{directory}.

    @return: the program
    @raise SystemExit: soapcpp2 or gcc failed; they have said why on the standard error
    """
    program = directory / "server"
    sources = [_SOURCES / "registration.h", _SOURCES / "server.c"]
    newest = max(source.stat().st_mtime for source in sources)
    if program.exists() and program.stat().st_mtime > newest:
        return program
    directory.mkdir(parents=True, exist_ok=True)
    made = [str(directory / "soapC.c"), str(directory / "soapServer.c")]
    compiling = ["gcc", "-O2", "-std=gnu11", f"-I{directory}", "-o", str(program)]
    for command in (
        ["soapcpp2", "-c", "-S", "-L", "-x", "-w", f"-d{directory}", str(sources[0])],
        [*compiling, str(sources[1]), *made, "-l:libgsoap.a"],
    ):
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=sys.stderr, timeout=_BUILD, check=False
        )
        if done.returncode:
            sys.exit(f"{command[0]} failed with exit status {done.returncode}")
    return program


def serveGsoap(directory: Path) -> None:
    """Serve registerService with gSOAP until the standard input ends. @param directory: where it is built"""
    program = buildGsoap(directory)
    (port,) = _freePorts(1)
    versions = {"gsoap": _told("soapcpp2", "-V")}
    _serve([str(program), str(port)], port, _accepts, versions)


def serveEtcd(directory: Path) -> None:
    """
    Serve with etcd, a cluster of one, until the standard input ends.

    @param directory: for its data, empty at the start, removed at the end
    """
    shutil.rmtree(directory, ignore_errors=True)
    port, peers = _freePorts(2)
    clientURL, peerURL = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{peers}"
    command = [
        "etcd",
        *("--name", "bench", "--data-dir", str(directory)),
        *("--logger", "zap", "--log-level", "warn"),
        *("--listen-client-urls", clientURL, "--advertise-client-urls", clientURL),
        *("--listen-peer-urls", peerURL, "--initial-advertise-peer-urls", peerURL),
        *("--initial-cluster", f"bench={peerURL}"),
    ]
    try:
        _serve(command, port, _isHealthy, {"etcd": _told("etcd", "--version")})
    finally:
        shutil.rmtree(directory, ignore_errors=True)


def serveBaseX(directory: Path) -> None:
    """
    Serve with BaseX until the standard input ends.

    @param directory: for its data and its configuration, empty at the start, removed at the end
    @raise SystemExit: it did not take the password, or does not serve
    """
    shutil.rmtree(directory, ignore_errors=True)
    directory.mkdir(parents=True)
    (port,) = _freePorts(1)
    # It looks for its configuration there, and keeps its databases beside it.
    place = f"-Dorg.basex.path={directory.absolute()}"
    java = ["java", "-Xmx2g", place, "-cp", str(BASEX)]
    try:
        # Later ones have no password before they are given one; while it serves, that would come too late.
        given = f"-cALTER PASSWORD {USER} {PASSWORD}"
        done = subprocess.run(
            [*java, "org.basex.BaseX", given],
            stdin=subprocess.DEVNULL,
            stdout=sys.stderr,
            timeout=_START,
            check=False,
        )
        if done.returncode:
            sys.exit(f"BaseX ended with exit status {done.returncode}")
        versions = {"basex": _told(*java, "org.basex.BaseX", "-h")}
        command = [*java, "org.basex.BaseXServer", "-n127.0.0.1", f"-p{port}", "-z"]
        _serve(command, port, _accepts, versions)
    finally:
        shutil.rmtree(directory, ignore_errors=True)
