"""The bootstrap behind `./run`. Everything in this folder needs the standard library only."""

import sys
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from tools import commands  # noqa: E402 - the checkout has to be on the path first

if __name__ == "__main__":
    sys.exit(commands.main(sys.argv[1:]))
