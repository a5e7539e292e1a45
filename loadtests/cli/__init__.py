"""The command line: `stockstorm` and its commands."""
