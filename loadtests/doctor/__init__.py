"""A quick look at a user's own service before the first run: `visit` asks, `examine` says what it means."""
