"""Services that are broken in the ways that first hours go wrong: one file, one argument."""
