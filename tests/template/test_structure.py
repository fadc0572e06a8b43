"""The template as a whole."""

import re

from facelib.domain import limits

from infra import ROOT
from infra.template import load, mentioned


def test_indexes_are_spread_as_the_code_expects() -> None:
    template = load()
    assert template["Parameters"]["IndexShards"]["Default"] == limits.INDEX_SHARDS
    assert template["Globals"]["Function"]["Environment"]["Variables"]["INDEX_SHARDS"] == {"Ref": "IndexShards"}


def test_every_parameter_is_used_and_explained() -> None:
    template = load()
    used = (
        set(mentioned(template["Resources"]))
        | set(mentioned(template["Conditions"]))
        | set(mentioned(template["Globals"]))
    )
    for name, parameter in template["Parameters"].items():
        assert name in used, name
        assert parameter["Description"], name


def test_included_templates_use_the_long_form() -> None:
    """CloudFormation does not support !Ref and similar short forms in AWS::Include."""
    text = (ROOT / "infra" / "aws" / "operations.yaml").read_text()
    assert not re.findall(r"^[^#]*[\s\[]!\w+", text, re.MULTILINE)
