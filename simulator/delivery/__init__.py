"""From an event to attempts and an outcome: routes, perturbations, retries, and forged deliveries."""
