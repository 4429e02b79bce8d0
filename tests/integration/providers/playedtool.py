"""
Plays a tool of a batch system: called C{qstat}, it prints what C{qstat} would, of what C{state.json} beside it says.

A program of its own: L{tests.integration.providers.batchsystem} copies it, and writes the state.
"""

import json
import signal
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Jobs = Mapping[str, str]

_BEGUN, _NOW = 1764000300, 1764000400
_QUEUES = "Queue: work\n    queue_type = Execution\n    enabled = True\n    started = True\n\n"
_SERVER = "Server: srv\n    server_state = Active\n    pbs_version = 6.1.2\n\n"
_NODES = (
    "<Data><Node><name>n1</name><state>free</state>"
    "<status>state=down,jobs=1.srv,uname=Linux n1 a=b</status></Node></Data>"
)
_NODES_JSON = '{"pbs_server":"srv","nodes":{"n1":{"state":"free","comment":"a "b" c"}}}'


def _torque(jobs: Jobs) -> str:
    told = ""
    for jobID, state in jobs.items():
        letter, _, status = state.partition(" ")
        told += (
            f"<Job><Job_Id>{jobID}</Job_Id><Job_Name>a b</Job_Name><Job_Owner>u1@login</Job_Owner>"
            f"<job_state>{letter}</job_state><queue>work</queue>"
        )
        told += f"<start_time>{_BEGUN}</start_time>" if letter != "Q" else ""
        told += f"<exit_status>{status}</exit_status>" if status else ""
        told += "</Job>"
    return f"<Data>{told}</Data>" if told else ""


def _openpbs(jobs: Jobs) -> str:
    told = []
    for jobID, state in jobs.items():
        letter, _, status = state.partition(" ")
        ended = f',"Exit_status":{status}' if status else ""
        # A name without quotes, as older ones print it.
        told.append(f'"{jobID}":{{"Job_Name":007,"job_state":"{letter}","queue":"work"{ended}}}')
    head = '{"timestamp":1764000400,"pbs_version":"22.05.11","pbs_server":"srv"'
    return head + (',"Jobs":{' + ",".join(told) + "}" if told else "") + "}\n"


def _squeue(jobs: Jobs, isNew: bool) -> str:
    def number(value: int) -> object:
        return {"set": True, "infinite": False, "number": value} if isNew else value

    told = []
    for jobID, state in jobs.items():
        array, _, task = jobID.partition("_")
        told.append(
            {
                "job_id": int(array) + (1000 if task else 0),
                "array_job_id": number(int(array) if task else 0),
                "array_task_id": number(int(task)) if task else None,
                "job_state": [state] if isNew else state,
                "name": "a b",
                "user_name": "u1",
                "partition": "work",
                "start_time": number(_BEGUN),
                "end_time": number(_NOW),
            }
        )
    meta = {"slurm": {"release": "23.11.1"}} if isNew else {"Slurm": {"release": "21.08.5"}}
    return json.dumps({"meta": meta, "errors": [], "jobs": told})


def _sinfo(isNew: bool) -> str:
    if isNew:
        group = {"partition": {"name": "work"}, "nodes": {"total": 1, "idle": 1}}
        return json.dumps({"sinfo": [group], "meta": {}, "errors": []})
    node = {"name": "n1", "state": "idle", "state_flags": [], "partitions": ["work"]}
    return json.dumps({"meta": {}, "errors": [], "nodes": [node]})


_ANSWERS: dict[tuple[str, str], Callable[[Jobs], str]] = {
    ("torque", "qstat -x"): _torque,
    ("torque", "qstat -B -f"): lambda _: _SERVER,
    ("torque", "qstat -Q -f"): lambda _: _QUEUES,
    ("torque", "pbsnodes -x"): lambda _: _NODES,
    ("openpbs", "qstat -f -F json"): _openpbs,
    ("openpbs", "qstat -Q -f"): lambda _: _QUEUES,
    ("openpbs", "pbsnodes -a -F json"): lambda _: _NODES_JSON,
    ("slurm21", "squeue --states=all --json"): lambda jobs: _squeue(jobs, False),
    ("slurm21", "sinfo --json"): lambda _: _sinfo(False),
    ("slurm23", "squeue --states=all --json"): lambda jobs: _squeue(jobs, True),
    ("slurm23", "sinfo --json"): lambda _: _sinfo(True),
}


def main() -> None:
    """Answer, or fail as the state says."""
    path = Path(sys.argv[0]).absolute()
    state = json.loads((path.parent / "state.json").read_text())
    fault = state["faults"].get(path.name)
    if fault == "refuse":
        sys.stderr.write(f"{path.name}: cannot connect to server srv (errno=111)\nsecond line\n")
        sys.exit(255)
    if fault == "hang":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        time.sleep(60)
    while fault == "flood":
        sys.stdout.write('{"jobs": [' + " " * 65536)
    if fault == "garbage":
        sys.stdout.write("Illegal instruction\n")
        return
    answer = _ANSWERS.get((state["system"], " ".join([path.name, *sys.argv[1:]])))
    if answer is None:
        sys.stderr.write(f"{path.name}: invalid option\nusage: {path.name} ...\n")
        sys.exit(2)
    sys.stdout.write(answer(state["jobs"]))


if __name__ == "__main__":
    main()
