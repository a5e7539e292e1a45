"""From checks to a verdict: latency samples, thresholds, tiers, and the judge."""
