"""From checks to a verdict: thresholds, tiers, intervals, and the judge."""
