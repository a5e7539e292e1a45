"""The self-proof: what the judge finds of the flaws that the reference service is started with."""
