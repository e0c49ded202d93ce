"""Everything that is measured, each in private servers of its own, on the same Redis."""
