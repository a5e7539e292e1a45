"""A comparison on the terminal and as comparison.html, in the style of a run's report.

`page` renders the templates in `templates/comparison/`, `tables` prepares their rows, `figures` draws, and `formats`
holds the text of values.
"""
