"""A comparison in three forms: terminal, comparison.json and comparison.html, in the look of a run's report.

`figures` draw, `tables` list, `page` puts the HTML together, `words` holds how values are written in all of them.
"""
