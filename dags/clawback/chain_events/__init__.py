"""Chain events: what contracts say in their logs, by one table of signatures, and what follows from it."""
