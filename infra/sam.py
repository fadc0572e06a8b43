"""Runs the SAM CLI that `make setup` installed."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, Final

from infra import ROOT

SAM: Final = Path(sys.executable).with_name("sam")


def sam(
    arguments: Sequence[str], environment: Mapping[str, str], output: int | IO[Any] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run SAM in the repository's root, on this terminal. If `output` is redirected, SAM cannot ask questions."""
    return subprocess.run(
        [SAM, *arguments],
        cwd=ROOT,
        env={
            **environment,
            # The layers' makefiles must use this interpreter and its uv, not the first `python3` on the PATH.
            "PATH": f"{SAM.parent}{os.pathsep}{environment.get('PATH', '')}",
            "SAM_CLI_TELEMETRY": "0",
            "SAM_CLI_VERSION_CHECK": "0",
        },
        stdin=None if output is None else subprocess.DEVNULL,
        stdout=output,
        stderr=None if output is None else subprocess.STDOUT,
        text=True,
        check=False,
    )
