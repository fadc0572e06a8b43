"""Runs the commands as `python -m facecast`."""

import sys

from facecast.cli import main

sys.exit(main())
