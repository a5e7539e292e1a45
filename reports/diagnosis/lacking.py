"""Listings that lack a change at rest, by what these changes have in common.

The first change that a wrong listing lacks is compared with the last change of the SKUs whose listings are right. Only
the last changes of a SKU can be compared, because a later push makes up for an earlier one that was left out. Changes
that came while the subject read the shop are told as that, unless they have a trait that no other change has.
"""

from bisect import bisect_left
from collections.abc import Iterator
from typing import Final

from stockstorm.reports.diagnosis.alone import events_alone
from stockstorm.reports.diagnosis.case import Case, Diagnose, Found, quoted
from stockstorm.reports.diagnosis.contrast import Common, clusters
from stockstorm.reports.diagnosis.event_traits import event_traits
from stockstorm.reports.diagnosis.moments import WINDOWS_NS
from stockstorm.reports.diagnosis.passes import InPasses, in_passes
from stockstorm.reports.diagnosis.traits import BROAD, TOPIC_OF, Trait, contrasted, hints, said
from stockstorm.reports.diagnosis.where_lost import WhereLost, where_lost
from stockstorm.reports.diagnosis.wrong_listings import right_and_wrong
from stockstorm.reports.history.listing_gap import Change, changes_lacking
from stockstorm.reports.history.unsent import missed_of
from stockstorm.reports.result import Diagnosis, counted, verb
from stockstorm.simulator.clock import MILLISECOND_NS, SECOND_NS
from stockstorm.simulator.history import facts as f

WRONG_MAX: Final = 2_000
SHOWN: Final = 3
AT_ONCE_NS: Final = SECOND_NS // 4
RUSH_SHARE_MAX: Final = 0.1  # of all changes of stock
LOG: Final = "look for these events in the service's own log"
MANY: Final = "look at what becomes of the rest where more changes wait than fit into one push"
OVERLAP: Final = (
    "read what has changed since the begin of the last read, and not since its end, and let the times of two reads "
    "overlap by some seconds"
)
CHECKS: Final = ("drift", "sync_latency", "oversell", "crisis_time", "refused_though_available")


class Lacking(Diagnose):
    name = "lacking"
    checks = CHECKS
    at_rest = True
    after = (
        "no_call", "stops", "few_topics", "channel_frozen", "overtaken", "pushed_before", "push_forgotten",
        "burst_end", "lacking_at_failure", "small_steps", "wrong_listings", "capped", "lost_at_failure", "never_pushed",
        "same_difference", "wrong_sign",
        "share_listed", "not_reinstalled", "read_not_pushed", "never_released", "old_read",
        "rounded", "negative_level", "null_level", "unknown_skus", "miscounted", "committed_listed", "old_retry",
    )  # fmt: skip

    def __call__(self, case: Case) -> Iterator[Found]:
        if events_alone(case).many_lost or not case.history.count(f.ListingPushed):
            return  # listings lack what was lost; where nothing was ever pushed, no event is the reason
        right, wrong = right_and_wrong(case)
        events, traits, last = case.history.deliveries.events, event_traits(case), _last_events(case)
        lacked = first_lacking(case, wrong)
        unsent = {one.event.event for one in missed_of(case.history.unsent)}  # explained by that alone
        bad = {
            change.event: sku
            for (_, sku), change in lacked.items()
            if change.event in events and change.event not in unsent
        }
        skus = {one.sku for one in right} - {one.sku for one in wrong}
        good = {last[sku]: sku for sku in sorted(skus) if sku in last}
        pushes = _pushes(case)
        of_change = [
            [traits.of(events[one]) | _after_push(pushes, sku, events[one].at_ns) for one, sku in some.items()]
            for some in (bad, good)
        ]
        found = clusters(*of_change)
        numbers = list(bad)
        passes = in_passes(case, [events[one].at_ns for one in numbers])
        if passes is not None and not any(common.total for common in found):
            yield _missed_by_reads(self.name, case, [events[one] for one in numbers], passes)
            return
        if not found and numbers:
            yield _alone(self.name, case, [events[one] for one in numbers], where_lost(case, lacked))
        for common in found:
            covered = {numbers[place] for place in common.covers}
            listings = [key for key, change in lacked.items() if change.event in covered]
            where = where_lost(case, listings)
            yield Found(
                Diagnosis(
                    self.name,
                    f"{common.bad} of {common.bad_of} changes that listings lack at the end "
                    f"{verb(common.bad, 'are')} {said(common.traits)}{where.text}",
                    (
                        contrasted(
                            common.good, common.good_of, "last changes of SKUs whose listings are right", common.traits
                        ),
                        "lacking, for example, " + quoted(case.named(events[one]) for one in sorted(covered)),
                        "wrong: " + quoted(f"{sku} on {channel}" for channel, sku in listings),
                    ),
                    "; ".join(filter(None, _ordered(where, common))),
                    case.consequences(*CHECKS),
                    min(events[one].at_ns for one in covered),
                ),
                frozenset(f"listing {channel} {sku}" for channel, sku in listings),
            )


def _pushes(case: Case) -> dict[str, list[int]]:
    """When each SKU was pushed, on any marketplace."""
    found: dict[str, list[int]] = {}
    for push in case.history.all(f.ListingPushed):
        found.setdefault(push.sku, []).append(push.at_ns)
    return found


def _after_push(pushes: dict[str, list[int]], sku: str, at_ns: int) -> frozenset[Trait]:
    """How soon after a push of its SKU a change came."""
    times = pushes.get(sku, [])
    place = bisect_left(times, at_ns)
    if not place:
        return frozenset()
    since = at_ns - times[place - 1]
    return frozenset(Trait("after_push", f"{window / SECOND_NS:g} s") for window in WINDOWS_NS if since < window)


def _missed_by_reads(name: str, case: Case, lacked: list[f.EventFired], passes: InPasses) -> Found:
    """Changes that came while the subject read the shop, or soon after."""
    return Found(
        Diagnosis(
            name,
            f"{counted(len(lacked), 'change')} never reached the listings; {passes.text}",
            (passes.evidence, *(f"lacking: {case.named(one)}" for one in lacked[:SHOWN])),
            OVERLAP,
            case.consequences(*CHECKS),
            min(one.at_ns for one in lacked),
        ),
        frozenset(f"event {one.event}" for one in lacked),
    )


def _ordered(where: WhereLost, common: Common) -> tuple[str, str]:
    """What to look at. A trait that only says which code handles the changes says less than where they were lost."""
    told = hints(common.traits)
    return (where.hint, told) if all(trait.kind in BROAD for trait in common.traits) else (told, where.hint)


def _alone(name: str, case: Case, lacked: list[f.EventFired], where: WhereLost) -> Found:
    """Changes with nothing in common, and what came just before them."""
    rush = _rush(case, sorted(one.at_ns for one in lacked))
    when = f"; all of them came {rush}" if rush else ""
    return Found(
        Diagnosis(
            name,
            f"{counted(len(lacked), 'change')} never reached the listings, and nothing was found that they "
            f"alone have in common{when}{where.text}",
            tuple(f"lacking: {case.named(one)}" for one in lacked[:SHOWN]),
            "; ".join(filter(None, (where.hint, LOG, MANY if rush else ""))),
            case.consequences(*CHECKS),
            lacked[0].at_ns,
        ),
        frozenset(f"event {one.event}" for one in lacked),
    )


def _rush(case: Case, times: list[int]) -> str:
    """ "within 10 ms, in a rush of 25 changes of stock". Empty if they are not that close together."""
    span_ns = times[-1] - times[0]
    changes = [change.at_ns for change in case.history.all(f.StockChanged)]
    rush = sum(times[0] - AT_ONCE_NS <= at_ns <= times[-1] for at_ns in changes)
    if len(times) < 2 or span_ns > AT_ONCE_NS or rush > RUSH_SHARE_MAX * len(changes):
        return ""
    return f"within {max(1, span_ns // MILLISECOND_NS)} ms, in a rush of {counted(rush, 'change')} of stock"


def first_lacking(case: Case, wrong: list[f.FinalListing]) -> dict[tuple[str, str], Change]:
    """By channel and SKU: the first change that a wrong listing lacks, where that can be told."""
    history = case.history
    stock = {final.sku: final.available for final in history.all(f.FinalStock)}
    found: dict[tuple[str, str], Change] = {}
    for one in wrong[:WRONG_MAX]:
        listing, effects = history.listings.get((one.channel, one.sku)), history.effects_of_sku.get(one.sku, ())
        wanted = max(0, stock[one.sku] - history.safety_stock)
        if listing is not None:
            changes = changes_lacking(listing, effects, history.deliveries, one.listed, wanted)
            if changes:
                found[one.channel, one.sku] = changes[0]
    return found


def _last_events(case: Case) -> dict[str, int]:
    """By SKU: the event of the last change of its stock."""
    deliveries, found = case.history.deliveries, dict[str, tuple[int, int]]()
    for (sku, _), event in deliveries.version_event.items():
        found[sku] = max(found.get(sku, (0, -1)), (deliveries.events[event].at_ns, event))
    for effect in case.history.orders.effects:
        event = deliveries.order_event.get((effect.order, TOPIC_OF[effect.kind]), -1)
        if event >= 0:
            found[effect.sku] = max(found.get(effect.sku, (0, -1)), (effect.at_ns, event))
    return {sku: event for sku, (_, event) in found.items()}
