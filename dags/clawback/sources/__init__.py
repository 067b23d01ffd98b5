"""Sources: bytes first, parse second. One folder per connector."""
