"""The parents' page."""
