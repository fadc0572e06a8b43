"""The recipes in CONTRIBUTING.md name existing files and commands."""

import re

import pytest

from infra import ROOT

TEXT = (ROOT / "CONTRIBUTING.md").read_text()
NAMED = sorted(set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*|[\w-]+\.(?:ya?ml|md))`", TEXT)))
IN_COMMANDS = sorted(set(re.findall(r"\b(?:tests|events)/[\w/.-]+\.(?:py|json)", TEXT)))


def test_common_additions_have_a_recipe() -> None:
    for what in ("render", "option of a job", "field of a job", "network", "event on the stream", "alarm"):
        assert re.search(rf"^\| an? {what} \|.*`.*`", TEXT, re.MULTILINE), what
    assert len(NAMED) > 15


@pytest.mark.parametrize("name", [*NAMED, *IN_COMMANDS])
def test_a_file_named_in_a_recipe_exists(name: str) -> None:
    # `facelib/stores` is named as in imports; the folder is in layers/common.
    [found, *_] = [folder / name for folder in (ROOT, ROOT / "layers" / "common") if (folder / name).exists()]
    assert found.is_dir() or not name.endswith("/")


def test_make_commands_name_existing_targets() -> None:
    targets = set(re.findall(r"^([a-z][a-z0-9-]*):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`?make ([a-z0-9-]+)", TEXT)) <= targets | {"it"}
