"""The ids of a shop: as long as those of live shops, or beyond what a double holds."""

import msgspec

from stockstorm.simulator.ids import BIG_IDS, EXACT_MAX, LIVE_IDS, Ids, Numbering, ids_beside, ids_of, within_kind

ORDERS_MAX = 5_000_000  # items of a plan


def numberings(ids: Ids) -> dict[str, Numbering]:
    return {name: value for name, value in msgspec.structs.asdict(ids).items() if isinstance(value, Numbering)}


def test_ids_of_every_kind_have_8_to_14_digits_over_a_whole_plan() -> None:
    for name, ids in numberings(LIVE_IDS).items():
        places = 32 * ORDERS_MAX if name == "line" else ORDERS_MAX
        assert 8 <= len(str(ids.of(0))) <= len(str(ids.of(places))) <= 14, name


def test_a_big_id_of_any_kind_is_lost_in_a_double() -> None:
    for name, ids in numberings(BIG_IDS).items():
        for place in (0, 1, 2, 3, ORDERS_MAX):
            assert int(float(ids.of(place))) != ids.of(place), name
        assert len({float(ids.of(place)) for place in range(8)}) <= 5, name


def test_the_place_of_an_id_is_found_again_and_another_number_has_none() -> None:
    for ids in (LIVE_IDS, BIG_IDS):
        assert [ids.refund.place(ids.refund.of(place)) for place in (0, 7, ORDERS_MAX)] == [0, 7, ORDERS_MAX]
        assert ids.refund.place(4) is None
    assert BIG_IDS.refund.place(BIG_IDS.refund.of(7) + 1) is None


def test_a_shop_is_recognised_by_any_of_its_ids() -> None:
    assert ids_of(big=True) is BIG_IDS
    assert ids_beside(BIG_IDS.order.of(0)) is BIG_IDS
    assert ids_beside(LIVE_IDS.line.of(ORDERS_MAX)) is LIVE_IDS


def test_what_has_no_number_of_its_own_gets_an_id_of_the_same_length() -> None:
    digests = (0, 2**63, 2**64 - 1)
    assert all(len(str(within_kind(digest, big=False))) == 14 for digest in digests)
    assert all(within_kind(digest, big=True) > EXACT_MAX for digest in digests)
