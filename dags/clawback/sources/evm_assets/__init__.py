"""What token contracts say about themselves: decimals and symbol."""
