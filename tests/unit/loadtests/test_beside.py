"""What a service beside a served shop is told is all that a run tells it."""

import msgspec

from stockstorm.loadtests.serve.beside import SCENARIO, surroundings
from stockstorm.loadtests.subjects import Surroundings
from stockstorm.loadtests.subjects.own.file import SecretNames
from stockstorm.loadtests.subjects.own.reading import of_url

OF_A_RUN = {"database_url", "next_client_secret", "reconcile_s", "cloud"}  # which a service alone does not have


def test_every_address_is_known() -> None:
    environment = {f"STOCKSTORM_{role.upper()}": role for role in SecretNames().by_role()}
    found = msgspec.structs.asdict(
        surroundings("http://127.0.0.1:9400", SCENARIO, environment, of_url("http://127.0.0.1/"))
    )
    assert found["token_url"] == "http://127.0.0.1:9400/admin/oauth/access_token"
    empty = {name for name, value in found.items() if value in ("", None, {})}
    assert empty == OF_A_RUN & set(Surroundings.__struct_fields__)
