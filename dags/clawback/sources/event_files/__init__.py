"""Chain events out of files: given ones, or raw logs."""
