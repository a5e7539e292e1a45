"""`python -m stockstorm.loadtests.subjects.own` writes the JSON Schema of subject files.

Run it after a change to their keys.
"""

from stockstorm.loadtests.subjects.own.file import SCHEMA_PATH, schema_text

SCHEMA_PATH.write_text(schema_text(), encoding="utf-8")
