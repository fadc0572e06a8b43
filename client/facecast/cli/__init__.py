"""The command line."""

from facecast.cli.app import main

__all__ = ["main"]
