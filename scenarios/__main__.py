"""`make schema`: writes the JSON Schema of scenario files, after a change to their keys."""

from stockstorm.scenarios.schema import PATH, schema_text

PATH.write_text(schema_text(), encoding="utf-8")
