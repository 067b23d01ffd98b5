"""Chains read from their nodes, at the volume of whole days."""
