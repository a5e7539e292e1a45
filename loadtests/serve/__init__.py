"""The simulator alone, for development: `stockstorm serve`, and single deliveries by `stockstorm trigger`."""
