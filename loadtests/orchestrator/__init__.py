"""The unpatched side of a run: starts everything, watches it, stops it in order, judges and reports."""
