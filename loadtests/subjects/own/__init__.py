"""A service of the user's own: what its subject file says, how it is started, reached, emptied, read and stopped."""
