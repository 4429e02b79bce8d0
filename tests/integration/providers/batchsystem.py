"""A batch system of which there are only the tools: executables, and the state they tell."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path

import attrs

__all__ = ["BatchSystem"]

_TOOLS = ("qstat", "pbsnodes", "squeue", "sinfo")
_PLAYED = Path(__file__).with_name("playedtool.py")


@attrs.define
class BatchSystem:
    """
    Executables in a directory of their own.

    @ivar directory: where they are; made when it is not there
    @ivar system: C{torque}, C{openpbs}, C{slurm21} or C{slurm23}
    """

    directory: Path
    system: str

    def __attrs_post_init__(self) -> None:
        self.directory.mkdir(parents=True, exist_ok=True)
        python = Path(sys.executable).resolve()
        for name in _TOOLS:
            path = self.directory / name
            path.write_text(f"#!{python} -IS\n{_PLAYED.read_text()}")
            path.chmod(0o755)
        self.tell({})

    def path(self, tool: str) -> str:
        """Where a tool is."""
        return str(self.directory.absolute() / tool)

    def tell(self, jobs: Mapping[str, str], **faults: str) -> None:
        """
        From now on, tell these jobs.

        @param jobs: their states by id, in the system's own words; of PBS an exit status may follow
        @param faults: by tool C{refuse}, C{hang}, C{flood} or C{garbage}
        """
        state = {"system": self.system, "jobs": jobs, "faults": faults}
        # In one step: a tool may be reading it.
        new = self.directory / "state.new"
        new.write_text(json.dumps(state))
        new.rename(self.directory / "state.json")
