"""Read sources: what was delivered, and where it lies."""
