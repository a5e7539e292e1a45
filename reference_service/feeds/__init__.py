"""Readers that ask at an interval instead of being told."""
