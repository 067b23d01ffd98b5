"""Runs: ingest a day, ask whether it is ready, take days from sources to a release."""
