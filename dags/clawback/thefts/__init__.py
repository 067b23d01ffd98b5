"""Which reports are about one theft: names, dates and figures compared, with the evidence of every match."""
