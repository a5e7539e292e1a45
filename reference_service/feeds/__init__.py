"""Feeds: readers that the worker runs by itself, at an interval or next to its queue."""
