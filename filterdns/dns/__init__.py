"""Bytes on the wire: who asks, what is asked, what goes back."""
