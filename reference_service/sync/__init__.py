"""Keeps both sides in step: writes and reads the master's stock, pushes listings, subscribes."""
