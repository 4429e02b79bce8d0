"""A cluster of one machine, with the daemons of the Slurm that is installed, on free ports of 127.0.0.1."""

import os
import pwd
import shutil
import socket
import subprocess
import time
from pathlib import Path
from unittest import SkipTest

import attrs

__all__ = ["RealSlurm"]

_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
_DAEMONS = ("slurmctld", "slurmd")
_NEEDED = (*_DAEMONS, "squeue", "sinfo", "sbatch", "scontrol")
_STARTING = 20.0
_ENDING = 10.0
# No munge: whoever asks is believed, on an address that nobody else reaches.
_CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/none
CredType=cred/none
SlurmUser={user}
SlurmdUser={user}
SlurmctldPort={controllerPort}
SlurmdPort={daemonPort}
StateSaveLocation={directory}/state
SlurmdSpoolDir={directory}/spool
SlurmctldPidFile={directory}/slurmctld.pid
SlurmdPidFile={directory}/slurmd.pid
SlurmctldLogFile={directory}/slurmctld.log
SlurmdLogFile={directory}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=1
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
MessageTimeout=2
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 Boards=1 SocketsPerBoard=1 CoresPerSocket=2 ThreadsPerCore=1
PartitionName=work Nodes={host} Default=YES MaxTime=60 State=UP
"""


@attrs.define
class RealSlurm:
    """
    The daemons are started by L{start}, and ended by L{stop}.

    @ivar directory: for all their files; absolute
    """

    directory: Path
    _daemons: list[subprocess.Popen[bytes]] = attrs.field(factory=list, init=False)

    def start(self) -> None:
        """
        Start the daemons, and wait until the node is idle.

        @raise SkipTest: Slurm is not installed, or does not run here; the reason is told
        """
        for tool in _NEEDED:
            if shutil.which(tool, path=_PATH) is None:
                raise SkipTest(f"there is no {tool} (slurmctld, slurmd, slurm-client)")
        for name in ("state", "spool"):
            (self.directory / name).mkdir()
        controllerPort, daemonPort = _freePorts()
        self._configuration.write_text(
            _CONFIGURATION.format(
                host=self._host,
                user=self._user,
                directory=self.directory,
                controllerPort=controllerPort,
                daemonPort=daemonPort,
            )
        )
        self._run("slurmctld", "-D", "-i")
        self._run("slurmd", "-D", "-N", self._host)
        began = time.monotonic()
        while self.ask("sinfo", "-h", "-o", "%t") != "idle":
            if time.monotonic() - began > _STARTING or any(one.poll() for one in self._daemons):
                raise SkipTest(f"Slurm does not run here: {self._lastWords()}")
            time.sleep(0.1)

    def stop(self) -> None:
        """End all jobs and the daemons, the node's first, and wait for their end."""
        if len(self._daemons) == len(_DAEMONS):
            self.ask("scancel", f"--user={self._user}")
            began = time.monotonic()
            while self.ask("squeue", "-h") and time.monotonic() - began < _ENDING:
                time.sleep(0.1)
        while self._daemons:
            self._end(self._daemons.pop())

    def stopController(self) -> None:
        """End the controller alone."""
        self._end(self._daemons.pop(0))

    def ask(self, tool: str, *words: str) -> str:
        """What a tool says; empty when it fails."""
        answer = subprocess.run(
            [tool, *words],
            env=self._environment,
            cwd=self.directory,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            timeout=_STARTING,
            check=False,
        )
        return answer.stdout.decode().strip() if answer.returncode == 0 else ""

    def submit(self, command: str, *options: str) -> str:
        """Submit a job; its number."""
        words = ("--parsable", "--output=/dev/null", *options, f"--wrap={command}")
        return self.ask("sbatch", *words)

    def tool(self, name: str) -> str:
        """The path of a program that asks this cluster."""
        path = self.directory / name
        real = shutil.which(name, path=_PATH)
        path.write_text(f'#!/bin/sh\nSLURM_CONF={self._configuration} exec {real} "$@"\n')
        path.chmod(0o755)
        return str(path)

    @property
    def _configuration(self) -> Path:
        return self.directory / "slurm.conf"

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": _PATH, "SLURM_CONF": str(self._configuration)}

    @property
    def _user(self) -> str:
        return pwd.getpwuid(os.geteuid()).pw_name

    @property
    def _host(self) -> str:
        return socket.gethostname().partition(".")[0]

    def _run(self, *command: str) -> None:
        with (self.directory / f"{command[0]}.out").open("wb") as out:
            self._daemons.append(
                subprocess.Popen(
                    command,
                    env=self._environment,
                    cwd=self.directory,
                    stdin=subprocess.DEVNULL,
                    stdout=out,
                    stderr=out,
                    start_new_session=True,
                )
            )

    def _end(self, daemon: subprocess.Popen[bytes]) -> None:
        daemon.terminate()
        try:
            daemon.wait(_ENDING)
        except subprocess.TimeoutExpired:
            daemon.kill()
            daemon.wait()

    def _lastWords(self) -> str:
        said = [
            line
            for name in _DAEMONS
            for line in (self.directory / f"{name}.out").read_text().splitlines()
            if "fatal" in line or "error" in line
        ]
        return said[-1] if said else "the node does not become idle"


def _freePorts() -> tuple[int, int]:
    with socket.socket() as first, socket.socket() as second:
        for one in (first, second):
            one.bind(("127.0.0.1", 0))
        return first.getsockname()[1], second.getsockname()[1]
