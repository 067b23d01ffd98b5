"""Days of transfers as columns: only what taint can touch becomes a record of its own."""
