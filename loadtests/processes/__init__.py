"""Child processes: start, readiness, kill and stop."""
