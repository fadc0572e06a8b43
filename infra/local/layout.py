"""The paths in a checkout, and the description of a stack for scripts."""

import os
from pathlib import Path
from typing import Final

from pydantic import BaseModel, ConfigDict

from infra import ROOT

STATE: Final = ROOT / ".local"
# Eileen Collins, by NASA, in the public domain (NASA Great Images, https://flic.kr/p/r9qvLn); the web page offers it.
SAMPLE_PHOTO: Final = ROOT / "functions" / "api" / "face_api" / "pages" / "static" / "astronaut.jpg"
DEFAULT_PORT: Final = 4566
# Access key and secret of the emulator's root user.
KEY: Final = "test"
STACK_NAME: Final = "facecast"


class Addresses(BaseModel):
    """The contents of `stack.json`, for scripts and tests."""

    model_config = ConfigDict(frozen=True)

    endpoint_url: str
    http_url: str
    ws_url: str
    docs_url: str
    pid: int
    outputs: dict[str, str]


class LocalStack:
    """A stack: its port, and the folder for its files.

    The stack on the default port keeps its state in `.local`, and stacks on other ports use a subfolder of it, so that
    several stacks can run side by side. `folder` overrides both defaults.
    """

    def __init__(self, port: int, folder: Path | None = None) -> None:
        self.port = port
        self.folder = folder or (STATE if port == DEFAULT_PORT else STATE / str(port))
        self.endpoint_url = f"http://localhost:{port}"

    @property
    def origins(self) -> tuple[str, ...]:
        """The web origins of the stack's own pages; pages of other sites may not use the stack."""
        hosts = ("localhost", "127.0.0.1", "face0001.execute-api.localhost")
        return tuple(f"http://{host}:{self.port}" for host in hosts)

    @property
    def stack_file(self) -> Path:
        return self.folder / "stack.json"

    @property
    def log(self) -> Path:
        return self.folder / "ministack.log"

    @property
    def deploy_log(self) -> Path:
        return self.folder / "deploy.log"

    @property
    def build(self) -> Path:
        return self.folder / "build"

    def make(self, target: str) -> str:
        """Return the command that runs a make target for this stack."""
        return f"make {target}" if self.port == DEFAULT_PORT else f"make {target} PORT={self.port}"

    def addresses(self) -> Addresses | None:
        """Read the addresses of the last stack that was started from here, which may no longer be running."""
        if not self.stack_file.is_file():
            return None
        return Addresses.model_validate_json(self.stack_file.read_text())

    def environment(self) -> dict[str, str]:
        """Return the environment for every tool that must use this stack and never AWS."""
        return os.environ | {
            "AWS_ENDPOINT_URL": self.endpoint_url,
            "LOCALSTACK_HOST": f"localhost:{self.port}",
            "AWS_ACCESS_KEY_ID": KEY,
            "AWS_SECRET_ACCESS_KEY": KEY,
            "AWS_DEFAULT_REGION": "us-east-1",
            # In seconds; SAM's default of five would account for most of the time of a local deployment.
            "SAM_CLI_POLL_DELAY": "0.5",
        }
