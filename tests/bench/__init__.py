"""Benchmarks: figures to compare in one run, never tests that pass or fail by the clock."""
