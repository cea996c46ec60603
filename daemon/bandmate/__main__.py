"""`python -m bandmate` is `bandmate`."""

from bandmate.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
