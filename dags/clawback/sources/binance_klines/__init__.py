"""Daily closes of Binance's spot markets."""
