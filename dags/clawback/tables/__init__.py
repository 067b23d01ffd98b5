"""Tables: raw bytes of a day to typed Parquet, wrong rows to quarantine."""
