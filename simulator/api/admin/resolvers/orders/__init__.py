"""Orders of the own store: queries, fields, and what an app does to orders."""
