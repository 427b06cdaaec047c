"""The page's work for programs: JSON under /api/v1. One table of operations makes routes, checks and document."""
