"""`python -m stockstorm` and `stockstorm`: the command line.

Imports take most of a second. A signal in that time ends the process as it would end any program, without a traceback.
"""

import signal


def main() -> None:
    """Entry point."""
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # not one that a shell told us to ignore
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from stockstorm.loadtests.cli.app import main as command_line  # noqa: PLC0415 - after the signal is prepared

    command_line()


if __name__ == "__main__":
    main()
