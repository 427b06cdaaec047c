"""`python -m filterdns`."""

from filterdns.cli import main

main()
