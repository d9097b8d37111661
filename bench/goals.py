"""What bk means to reach, and whether it does: tables in Markdown."""

from dataclasses import dataclass


@dataclass
class Goal:
    corpora: str  # words
    step: str
    what: str  # wall, rss, stored, added or factor
    against: str  # a contestant, "copy", or "" for bk's own figure
    limit: float


GOALS = (
    Goal("S", "full", "wall", "restic", .33),
    Goal("S", "full", "wall", "tar", .6),
    Goal("S", "full", "stored", "restic", .57),
    Goal("S", "full", "stored", "borg", .63),
    Goal("S", "full", "rss", "", 64),
    Goal("N", "full", "wall", "restic", .16),
    Goal("N", "full", "stored", "restic", .27),
    Goal("N", "full", "stored", "borg", .27),
    Goal("N", "full", "rss", "", 96),
    Goal("S N", "unchanged", "wall", "restic", .07),
    Goal("S N", "day", "wall", "restic", .15),
    Goal("S", "day", "added", "borg", .6),
    Goal("N", "day", "added", "borg", .1),
    Goal("MX", "full", "factor", "", 2.7),
    Goal("RM", "full", "stored", "restic", .7),
    Goal("RM", "full", "stored", "borg", .7),
    Goal("S N", "restore", "wall", "copy", 1.15),
    Goal("S N", "account", "wall", "borg", .25),
    Goal("S N", "message", "wall", "borg", .1),
    Goal("S N", "check", "wall", "restic", .2),
)

TITLES = {
    "full": "first full",
    "unchanged": "unchanged",
    "day": "a day of change",
    "restore": "restore all",
    "account": "one account",
    "message": "one message",
    "check": "check all data",
}


def row(cells):
    return "| " + " | ".join(cells) + " |"


def number(value, digits=2):
    """0.123 as .123, 12.345 as 12.3: three digits that count."""
    if value is None:
        return "-"
    if value >= 100:
        return f"{value:.0f}"
    if value >= 10:
        return f"{value:.1f}"
    return f"{value:.{digits}f}"


def bytes_of(result):
    """What a step stored or added, in MB, as the last column of its cell."""
    return None if result.bytes is None else result.bytes / 1e6


def cell(result):
    if result is None:
        return "-"
    words = [number(result.cost.wall), number(result.cost.cpu),
             f"{result.cost.rss:.0f}"]
    if result.bytes is not None:
        words.append(number(bytes_of(result)))
    return " / ".join(words)


def costs_table(results, steps, names):
    """Each cell: wall s / CPU s / peak MiB (/ MB stored or added)."""
    present = [step for step in steps
               if any(results.get((name, step)) for name in names)]
    lines = [row([""] + [TITLES[step] for step in present]),
             row(["---"] * (len(present) + 1))]
    for name in names:
        lines.append(row([name] + [cell(results.get((name, step)))
                                   for step in present]))
    return lines


def runs_of(results):
    """"Medians of 3." or, when time was short, of which steps fewer."""
    by_step = {}
    for (_, step), result in results.items():
        by_step[step] = min(by_step.get(step, result.runs), result.runs)
    most = max(by_step.values())
    fewer = [f"{TITLES[step]} of {by_step[step]}" for step in TITLES
             if by_step.get(step, most) < most]
    text = f"Medians of {most}" if most > 1 else "One run"
    return text + (f" ({', '.join(fewer)})." if fewer else ".")


def figure(result, what):
    if what in ("wall", "cpu", "rss"):
        return getattr(result.cost, what)
    return result.bytes


def ratio(results, goal, what):
    """bk's figure, against the peer's if there is one; None: not measured."""
    own = results.get(("bk", goal.step))
    if own is None:
        return None
    if not goal.against:
        return figure(own, what)
    peer = results.get((goal.against, goal.step))
    if peer is None or not figure(peer, what):
        return None
    return figure(own, what) / figure(peer, what)


def title(goal):
    words = {"wall": "time", "rss": "peak memory, MiB", "stored": "stored",
             "added": "added", "factor": "source / stored"}
    against = f" of {goal.against}" if goal.against else ""
    return f"{TITLES[goal.step]}: {words[goal.what]}{against}"


def goals_table(corpus, results, source_bytes):
    lines = [row(["figure", "goal", "measured", "in CPU time", ""]),
             row(["---"] * 5)]
    for goal in GOALS:
        if corpus not in goal.corpora.split():
            continue
        value, cpu, sign = ratio(results, goal, goal.what), None, "at most"
        if goal.what == "factor":
            sign = "at least"
            value = value and source_bytes / value
        if goal.what == "wall":
            cpu = ratio(results, goal, "cpu")
        verdict = "not measured"
        if value is not None:
            reached = (value >= goal.limit if goal.what == "factor"
                       else value <= goal.limit)
            verdict = "✓ reached" if reached else "✗ **not reached**"
        lines.append(row([title(goal), f"{sign} {goal.limit:g}",
                          number(value, 3), number(cpu, 3), verdict]))
    return lines if len(lines) > 2 else []
