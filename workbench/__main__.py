"""`workbench`, also as `python -m workbench`; Ctrl-C while the first modules are read is no error."""

import sys


def main() -> int:
    """Run one command and return its exit code."""
    try:
        from workbench.cli import main as run
    except KeyboardInterrupt:
        sys.stderr.write("error: interrupted\n")
        return 130
    return run()


if __name__ == "__main__":
    sys.exit(main())
