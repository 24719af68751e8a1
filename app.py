"""Entry point of a Space and of `python app.py`: the same as `recsys serve`."""

from __future__ import annotations

import sys

from recsys.cli import main

if __name__ == "__main__":
    sys.exit(main(["serve", *sys.argv[1:]]))
