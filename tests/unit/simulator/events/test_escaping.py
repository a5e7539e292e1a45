"""Bodies look as Ruby writes them and mean the same."""

import json

from stockstorm.simulator.events.encoding import escaped


def test_slash_ampersand_and_angle_brackets_are_escaped_and_letters_are_raw() -> None:
    text = json.dumps({"t": "Café & <b>1/2</b>"}, ensure_ascii=False).encode()
    assert escaped(text) == r'{"t": "Café \u0026 \u003cb\u003e1\/2\u003c\/b\u003e"}'.encode()


def test_escaped_text_means_the_same_even_after_a_backslash() -> None:
    value = {"a/b": 'back\\slash\\/ and "quotes" & more', "n": 51.5}
    assert json.loads(escaped(json.dumps(value).encode())) == value
