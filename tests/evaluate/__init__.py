"""Scores the extractor of claims against answers that people wrote."""
