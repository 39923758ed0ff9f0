"""``python -m esqual``."""

from esqual.cli import main

if __name__ == "__main__":
    main()
