"""Follows stolen units through the transfers of each day, exactly and by state."""
