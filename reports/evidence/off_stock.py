"""What explains a SKU whose record is off, in words: what is proven, else what fits and what does not."""

from collections.abc import Sequence
from typing import Final

from stockstorm.reports.evidence.steps import cause_text
from stockstorm.reports.history import History
from stockstorm.reports.history.lost_updates import LostUpdate
from stockstorm.reports.history.off_stock import CauseKind, OffCause, OffStock
from stockstorm.reports.history.order_effects import Effect
from stockstorm.reports.result import counted, units, verb

NAMED_MAX: Final = 3
ACTS: Final = {"sale": "the order", "cancelled": "the cancellation", "returned": "the return"}
MANY: Final[dict[CauseKind, tuple[str, str]]] = {
    "lost_update": ("set", "that ignored an earlier write"),
    "applied_twice": ("order event", "applied twice"),
    "not_recorded": ("order event", "not recorded"),
    "other_units": ("write", "of other units than those of its orders"),
}
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
    if off.fits.sets:
        fitting.append(f"a lost update: {counted(off.fits.sets, 'row')} set without comparison")
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
    """Each cause, or where there are many of a kind, their number. The shares are in units."""
    by_kind: dict[CauseKind, list[OffCause]] = {}
    for cause in causes:
        by_kind.setdefault(cause.kind, []).append(cause)
    found: list[str] = []
    for kind, of_kind in by_kind.items():
        if len(of_kind) > NAMED_MAX:
            share = sum(cause.units for cause in of_kind)
            found.append(f"{counted(len(of_kind), MANY[kind][0])} {MANY[kind][1]} ({share:+d})")
        else:
            found += [_cause(history, cause) for cause in of_kind]
    return ", ".join(found)


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
    ledger = history.ledgers[lost.row.sku].at(lost.location)
    now = ledger.available[lost.before] if lost.seq < 0 else ledger.available[ledger.version_at(lost.seq)]
    what = _erased_text(history, lost)
    start = f"{lost.row.sku} was set to {now} without comparison at {history.offset(lost.row.at_ns)}"
    if lost.proof == "unseen":
        return f"{start}, over {what} that nothing had shown to the subject"
    was, there = ledger.available[lost.base], ledger.available[lost.before]
    return f"{start}, computed from {was} where {there} {verb(there, 'were')} there: it erased {what}"


def _erased_text(history: History, lost: LostUpdate) -> str:
    """ "a sale in the own store (-1)", "3 changes, one of them set by the subject (-2)"."""
    ledger = history.ledgers[lost.row.sku].at(lost.location)
    states = range(lost.base + 1, lost.before + 1)
    causes = [cause_text(ledger.causes[state]) for state in states]
    share = f"({-lost.units:+d})"
    if len(causes) == 1:
        return f"a {causes[0]} {share}" if not causes[0].endswith("the subject") else f"a change {causes[0]} {share}"
    return f"{counted(len(causes), 'change')} ({', '.join(dict.fromkeys(causes))}), {-lost.units:+d} in all"
