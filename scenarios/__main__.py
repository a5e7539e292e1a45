"""`python -m scenarios` writes the JSON Schema anew; needed after a change to the keys of scenario files."""

from stockstorm.scenarios.schema import PATH, schema_text

PATH.write_text(schema_text(), encoding="utf-8")
