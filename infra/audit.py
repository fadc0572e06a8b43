"""Checks pinned packages for known vulnerabilities."""

import json
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Final

from infra import ROOT

_PIP_AUDIT: Final = ROOT / "build" / "checks" / "bin" / "pip-audit"
# The data that pip-audit reads for each version. Mirrors of PyPI serve packages, but not this data.
_SOURCE: Final = "https://pypi.org/pypi/pip/24.0/json"
_TIMEOUT_SECONDS: Final = 10
_LOCKS: Final = (
    "requirements.txt",
    "requirements-dev.txt",
    *(f"layers/{layer}/requirements.lock" for layer in ("common", "vision", "web")),
)


def why_unreachable(source: str = _SOURCE) -> str | None:
    """Return the reason why vulnerabilities cannot be looked up, or None if they can.

    Without the data, pip-audit would accept every package.
    """
    try:
        with urllib.request.urlopen(source, timeout=_TIMEOUT_SECONDS) as response:  # noqa: S310 - https, or a test's server
            json.load(response)["vulnerabilities"]
    except (OSError, ValueError, KeyError) as error:
        return str(error) or type(error).__name__
    return None


def audit(lock: Path) -> int:
    command = [
        str(_PIP_AUDIT),
        "--require-hashes",
        "--disable-pip",
        "--strict",
        "--progress-spinner=off",
        f"--requirement={lock}",
    ]
    return subprocess.run(command, check=False).returncode


def audit_all() -> int:
    """Look for known vulnerabilities in the pinned packages."""
    if reason := why_unreachable():
        print(f"SKIPPED: pip-audit: vulnerability data could not be read from {_SOURCE}: {reason}", file=sys.stderr)
        return 0
    return max(audit(ROOT / lock) for lock in _LOCKS)
