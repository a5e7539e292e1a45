"""Health, readiness, metrics and the probe, over HTTP."""
