"""`python -m stockstorm`: the command line."""

from stockstorm.loadtests.cli.app import main

main()
