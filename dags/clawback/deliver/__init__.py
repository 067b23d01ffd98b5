"""Hand a release to people: a page, a mail, a file in the lake, each once."""
