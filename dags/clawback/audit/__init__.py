"""Whether a candidate may be shown: suites, their run on Great Expectations, and the gate's own verdict."""
