"""Judges written histories and shows what was found. Reads facts and nothing else."""
