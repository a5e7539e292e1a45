"""`python -m stockstorm.reports.checkers` writes the JSON Schema of scenario files, with every measure for [expect].

Run it after a change to the keys of scenario files or to the measures of a checker.
"""

from stockstorm.reports.checkers import MEANINGS
from stockstorm.scenarios.schema import PATH, schema_text

PATH.write_text(schema_text(MEANINGS), encoding="utf-8")
