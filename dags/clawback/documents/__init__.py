"""Documents: what comes as HTML, PDF, text or a feed, as plain text with offsets that stay."""
