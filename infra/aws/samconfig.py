"""The environments on AWS. Each is a section of samconfig.toml that names a stack and its parameters."""

import tomllib
from collections.abc import Mapping
from typing import Final

from infra import ROOT
from infra.errors import CommandFailed

CONFIG: Final = ROOT / "samconfig.toml"


def stack_of(environment: str) -> str:
    return str(section_of(environment)["global"]["parameters"]["stack_name"])


def section_of(environment: str) -> Mapping[str, Mapping[str, Mapping[str, str]]]:
    # `version` is the only entry of the file that is not a section.
    sections = {name: section for name, section in tomllib.loads(CONFIG.read_text()).items() if name != "version"}
    if environment not in sections:
        raise CommandFailed(f"Unknown environment {environment!r}. samconfig.toml has: {', '.join(sections)}.")
    section: Mapping[str, Mapping[str, Mapping[str, str]]] = sections[environment]
    return section
