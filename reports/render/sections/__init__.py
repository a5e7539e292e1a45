"""Sections of the run report. Each module prepares the values, and a template in `templates/report/` shows them."""
