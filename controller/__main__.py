"""`python -m controller` is the command `trueup`."""

from controller.cli.app import main

main()
