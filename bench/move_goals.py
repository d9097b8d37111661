"""What moving means to reach, and whether it does: tables in Markdown."""

from dataclasses import dataclass

from goals import number, row
from ship_goals import verdict

STEPS = {
    "typical first": "first pass, 2,000 messages",
    "typical nothing": "nothing new",
    "typical day": "1 % new, other flags",
    "big first": "first pass, 50,000",
    "big ten": "10 new",
    "slow first": "40 ms: first pass, 2,000",
    "slow nothing": "40 ms: nothing new",
    "slow ten": "40 ms: 10 new in 50,000",
    "office": "20 accounts",
}


@dataclass
class Goal:
    step: str
    against: str  # a carrier, or "" for seconds or MiB of bk's own
    limit: float  # the peer's time, of bk's, at least; or bk's figure at most
    what: str = "wall"


GOALS = (
    Goal("typical first", "floor", .9),
    Goal("typical first", "mbsync", 5),
    Goal("typical first", "dsync over TCP", 1.8),
    Goal("typical first", "dsync imapc", 1.1),
    Goal("typical first", "interimap", 1.2),
    Goal("big first", "floor", .7),
    Goal("big first", "dsync imapc", 1),
    Goal("big first", "dsync over TCP", 2.5),
    Goal("slow first", "mbsync", 4),
    Goal("big ten", "", .3),
    Goal("slow ten", "", .6),
    Goal("big first", "", 16, "rss"),
)


def cell(result):
    if result is None:
        return "-"
    return (f"{number(result.cost.wall)} / {number(result.cost.cpu)} / "
            f"{result.cost.rss:.0f}")


def costs_table(results, names):
    """Each cell: wall s / CPU s of the client / MiB at its peak."""
    steps = [step for step in STEPS
             if any((name, step) in results for name in names)]
    lines = [row([""] + [STEPS[step] for step in steps]),
             row(["---"] * (len(steps) + 1))]
    for name in names:
        cells = [cell(results.get((name, step))) for step in steps]
        if set(cells) != {"-"}:
            lines.append(row([name, *cells]))
    return lines


def value_of(results, goal):
    own = results.get(("bk", goal.step))
    if own is None or not goal.against:
        return own and getattr(own.cost, goal.what)
    peer = results.get((goal.against, goal.step))
    return peer and peer.cost.wall / own.cost.wall


def goal_row(results, goal):
    value = value_of(results, goal)
    sign = "at least" if goal.against else "at most"
    reached = None
    if value is not None:
        reached = (value >= goal.limit if goal.against
                   else value <= goal.limit)
    what = (f"time of {goal.against} / bk's" if goal.against
            else {"wall": "seconds", "rss": "peak memory, MiB"}[goal.what])
    return row([f"{STEPS[goal.step]}: {what}", f"{sign} {goal.limit:g}",
                number(value), verdict(reached)])


def between(results, what, one, other, sign, limit):
    """Two of bk's own, one over the other."""
    if one not in results or other not in results:
        return row([what, f"{sign} {limit:g}", "-", verdict(None)])
    value = results[one].cost.wall / results[other].cost.wall
    reached = value >= limit if sign == "at least" else value <= limit
    return row([what, f"{sign} {limit:g}", number(value), verdict(reached)])


def goals_table(results):
    return [row(["figure", "goal", "measured", ""]), row(["---"] * 4),
            *(goal_row(results, goal) for goal in GOALS),
            between(results, "first pass at 40 ms: time of that at 0 ms",
                    ("bk", "slow first"), ("bk", "typical first"),
                    "at most", 1.6),
            between(results, "20 accounts: time of one job / of four",
                    ("bk", "office"), ("bk, 4 jobs", "office"),
                    "at least", 2.4)]
