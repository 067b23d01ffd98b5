"""Transfers as explorers and Dune export them, read by a mapping file."""
