"""What shipping means to reach, and whether it does: tables in Markdown."""

from goals import number, row
from places import PROTOCOLS
from shipping import LINES, TRIPLES, line_title, title

GIB = 1 << 30
CPU = {"SFTP": 3}  # s/GiB at most; of all others:
CPU_USUAL = .7
OF_CURL = ("FTP", "HTTPS")
MEMORY_MIB = 48
LONGER = 1.1

TITLES = {
    "put": "put",
    "get": "get",
    "read": "get, dropped",
}


def verdict(reached):
    if reached is None:
        return "not measured"
    return "✓ reached" if reached else "✗ **not reached**"


def rate(result):
    """MiB a second."""
    return result.bytes / (1 << 20) / result.cost.wall


def cpu(result):
    """Seconds for a GiB."""
    return result.cost.cpu / (result.bytes / GIB)


def cell(result):
    if result is None:
        return "-"
    return (f"{rate(result):.0f} / {number(cpu(result))} / "
            f"{result.cost.rss:.0f}")


def moves_table(results, names):
    """Each cell: MiB/s / CPU s/GiB / peak MiB."""
    lines = [row(["", "", *TITLES.values()]), row(["---"] * 5)]
    for protocol, found in results.items():
        for name in names:
            cells = [cell(found.get((name, step))) for step in TITLES]
            if set(cells) != {"-"}:
                lines.append(row([protocol, name, *cells]))
    return lines


def goal(what, sign, limit, value, beside=""):
    reached = None
    if value is not None:
        reached = value >= limit if sign == "at least" else value <= limit
    return row([what, f"{sign} {limit:g}", number(value) + beside,
                verdict(reached)])


def relative(found, step, own, peer):
    """The rate, of the peer's; None: not measured."""
    if (own, step) not in found or (peer, step) not in found:
        return None
    return rate(found[own, step]) / rate(found[peer, step])


def move_goals(protocol, found):
    lines = [goal(f"{protocol} {step}: rate of rclone", "at least", 1,
                  relative(found, step, "bk", "rclone"))
             for step in ("put", "get")]
    if protocol in OF_CURL:
        lines += [goal(f"{protocol} {step}: rate of curl", "at least", .9,
                       relative(found, step, "bk, one at a time", "curl"))
                  for step in ("put", "get")]
    return lines + [cpu_goal(protocol, step, found)
                    for step in ("put", "read")]


def cpu_goal(protocol, step, found):
    """With what curl takes beside it: a busy machine spoils both."""
    own, peer = found.get(("bk", step)), found.get(("curl", step))
    return goal(f"{protocol} {TITLES[step]}: CPU s/GiB", "at most",
                CPU.get(protocol, CPU_USUAL), own and cpu(own),
                f" (curl {number(cpu(peer))})" if peer else "")


def run_goals(found):
    """Of bk-ship and bk-backup."""
    lines = []
    for triple in TRIPLES:
        result = found.get((title(triple), "ship"))
        lines.append(goal(f"bk-ship to {title(triple)}: peak memory, MiB",
                          "at most", MEMORY_MIB,
                          result and result.cost.rss))
    for line in map(line_title, LINES):
        costs = [found.get((name, line)) for name in
                 ("straight", "to a folder", "its upload")]
        value = None
        if None not in costs:
            straight, *apart = (each.cost.wall for each in costs)
            value = straight / max(apart)
        lines.append(goal(f"backup straight to HTTPS, {line}: time of the "
                          "slower of backup and upload", "at most", LONGER,
                          value))
    return lines


def goals_table(results, runs):
    lines = [row(["figure", "goal", "measured", ""]), row(["---"] * 4)]
    for protocol in results:
        lines += move_goals(protocol, results[protocol])
    return lines + (run_goals(runs) if runs else [])


def runs_table(found):
    """Wall s / CPU s / peak MiB of the tools."""
    lines = [row(["", "", "wall s", "CPU s", "peak MiB"]), row(["---"] * 5)]
    for (name, step), result in sorted(found.items(),
                                       key=lambda item: item[0][::-1]):
        cost = result.cost
        lines.append(row([step, name, number(cost.wall), number(cost.cpu),
                          f"{cost.rss:.0f}"]))
    return lines


WANTED = ("AES", "SHA-256", "MD5", "copying")


def rates_table(rates):
    """What a core did when the run began."""
    lines = [row(["a core, when it began", "MB/s"]), row(["---"] * 2)]
    return lines + [row(rate) for rate in rates
                    if rate[0].startswith(WANTED)]


def ordered(results):
    return {name: results[name] for name in PROTOCOLS if results.get(name)}
