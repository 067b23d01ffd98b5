"""Claims: what a report says, who says it, how firmly, word for word; and which incident it is about."""
