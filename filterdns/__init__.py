"""FilterDNS: a home DNS resolver that checks every query against each person's rules and hours."""

__version__ = "0.1.0"
