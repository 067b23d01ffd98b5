"""clawback: a daily warehouse of stolen crypto."""
