"""The family's memory: rules in SQLite, changed in one transaction and published."""
