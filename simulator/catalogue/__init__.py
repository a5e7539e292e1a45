"""What the shop sells and who buys it, drawn once from the seed."""
