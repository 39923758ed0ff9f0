"""``python -m esqual``."""

import sys

from esqual.cli import main

if __name__ == "__main__":
    sys.exit(main())
