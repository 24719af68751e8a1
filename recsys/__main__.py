"""`python -m recsys`."""

import sys

from recsys.cli.commands import main

sys.exit(main())
