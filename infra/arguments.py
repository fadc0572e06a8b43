"""Command lines whose errors are one sentence, because `make` writes them for people."""

import argparse
from typing import NoReturn


class Arguments(argparse.ArgumentParser):
    """A parser without its usage in front of an error; `--help` shows it."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"{message}\n")
