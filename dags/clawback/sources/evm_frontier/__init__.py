"""What touches watched addresses of an EVM chain, asked of its nodes."""
