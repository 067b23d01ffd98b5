"""Labels of addresses out of GraphSense TagPacks."""
