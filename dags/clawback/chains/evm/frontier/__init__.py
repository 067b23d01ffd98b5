"""What touches watched holdings on one day of an EVM chain, found without reading all receipts of the day."""
