"""Generates Python modules from schemas with datamodel-code-generator, and formats them like the rest of the code."""

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from datamodel_code_generator import generate
from datamodel_code_generator.config import GenerateConfig
from datamodel_code_generator.enums import DataModelType, InputFileType
from datamodel_code_generator.format import PythonVersion
from datamodel_code_generator.parser import LiteralType

from infra import ROOT
from infra.client_schemas import Schemas

_BOTH: Final = GenerateConfig(
    input_file_type=InputFileType.OpenAPI,
    output_model_type=DataModelType.PydanticV2BaseModel,
    target_python_version=PythonVersion.PY_311,
    formatters=[],
)
_ENUMERATIONS: Final = _BOTH.model_copy(update={"use_specialized_enum": True, "capitalise_enum_members": True})
_MODELS: Final = _BOTH.model_copy(
    update={
        "enum_field_as_literal": LiteralType.All,
        "use_generic_container_types": True,
        "field_constraints": True,
        "enable_faux_immutability": True,
        "extra_fields": "ignore",
    }
)


def enumerations(header: str, schemas: Schemas) -> str:
    return _module(header, schemas, _ENUMERATIONS)


def models(header: str, schemas: Schemas) -> str:
    return _module(header, schemas, _MODELS)


def _module(header: str, schemas: Schemas, options: GenerateConfig) -> str:
    document = {
        "openapi": "3.1.0",
        "info": {"title": "Facecast", "version": "1"},
        "paths": {},
        "components": {"schemas": schemas},
    }
    return str(generate(json.dumps(document), config=options.model_copy(update={"custom_file_header": header})))


def formatted(modules: Mapping[str, str]) -> dict[str, str]:
    """Return the text of each module as ruff formats it."""
    with TemporaryDirectory() as folder:
        for name, text in modules.items():
            Path(folder, name).write_text(text)
        for style in (("check", "--select=I", "--fix"), ("format",)):
            ruff = (sys.executable, "-m", "ruff", *style, "--quiet", "--config", ROOT / "pyproject.toml", folder)
            subprocess.run(ruff, check=True)
        return {name: Path(folder, name).read_text() for name in modules}
