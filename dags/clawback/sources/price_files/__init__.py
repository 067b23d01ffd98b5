"""Daily closing prices out of curated files."""
