"""What explains a SKU whose record is off, in words: what is proven, else what fits and what does not."""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.history import History
from stockstorm.reports.history.lost_updates import LostUpdate
from stockstorm.reports.history.off_stock import OffCause, OffStock
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import counted, units

NAMED_MAX: Final = 3
ACTS: Final = {"sale": "the order", "cancelled": "the cancellation", "returned": "the return"}
UNNAMED: Final = "the subject names no orders, so the cause is not proven"


def off_text(history: History, off: OffStock) -> str:
    """Why, as the end of a sentence."""
    if off.explained:
        return f"explained by {_causes(history, off.causes)}"
    if off.fits is None:
        return f"explained in part by {_causes(history, off.causes)}" if off.causes else "no write explains it"
    count = abs(off.units)
    fitting = [
        *_fitting(history, off.fits.twice, "applied twice"),
        *_fitting(history, off.fits.lost, "without effect"),
    ]
    if not fitting:
        return f"{UNNAMED}; no single order, cancellation or return has exactly {units(count)}"
    ruled_out = "" if off.fits.twice else "; no order of these units was applied twice alone"
    return f"{UNNAMED}; it fits {' or '.join(fitting)}{ruled_out}"


def _fitting(history: History, effects: Sequence[Effect], how: str) -> list[str]:
    if not effects:
        return []
    if len(effects) > NAMED_MAX:
        return [f"any of {counted(len(effects), 'order event')} of {units(abs(effects[0].delta))} {how}"]
    return [f"{act_name(history, effect)} {how}" for effect in effects]


def act_name(history: History, effect: Effect) -> str:
    """ "the cancellation of mercado's order mercado-1004 (2 units)"."""
    name = history.order_name(effect.order)
    whose = name if effect.kind == "sale" else f"{ACTS[effect.kind]} of {name}"
    return f"{whose} ({units(abs(effect.delta))})"


def _causes(history: History, causes: Sequence[OffCause]) -> str:
    named = [_cause(history, cause) for cause in causes[:NAMED_MAX]]
    more = len(causes) - len(named)
    return ", ".join([*named, *([f"{counted(more, 'more cause')}"] if more else [])])


def _cause(history: History, cause: OffCause) -> str:
    share = f"{cause.units:+d}"
    match cause.kind:
        case "lost_update":
            return f"a set at {history.offset(cause.at_ns)} that ignored an earlier write ({share})"
        case "other_units":
            return f"a write at {history.offset(cause.at_ns)} of other units than those of its orders ({share})"
        case "applied_twice" if cause.effect is not None:
            return f"{act_name(history, cause.effect)} applied twice ({share})"
        case _ if cause.effect is not None:
            return f"{act_name(history, cause.effect)} not recorded ({share})"
    return share


def lost_update_text(history: History, lost: LostUpdate) -> str:
    """What a set erased, as a sentence."""
    ledger = history.ledgers[lost.row.sku]
    now = ledger.available[lost.before] if lost.seq < 0 else ledger.available[ledger.version_at(lost.seq)]
    changes = [*range(lost.base + 1, lost.before + 1)]
    what = counted(len(changes), "change")
    start = f"{lost.row.sku} was set to {now} without comparison at {history.offset(lost.row.at_ns)}"
    if lost.proof == "unseen":
        return f"{start}, over {what} that nothing had shown to the subject"
    was = ledger.available[lost.base]
    return f"{start}, computed from {was} where {ledger.available[lost.before]} were there: it erased {what} since"
