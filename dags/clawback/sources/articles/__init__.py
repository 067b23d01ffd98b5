"""RSS and Atom feeds, and the pages behind their entries."""
