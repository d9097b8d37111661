"""In which order things are measured: what matters most comes first, so that
whatever cuts a run short, the table has it."""

# The sets of a corpus ("chain") before what is read from them.
ORDER = (
    ("S", "chain"), ("S", "restore"), ("S", "check"),
    ("N", "chain"), ("MX", "chain"), ("RM", "chain"),
    ("S", "account"), ("S", "message"),
    ("N", "check"), ("N", "account"), ("N", "message"), ("N", "restore"),
    ("MX", "restore"), ("MX", "check"), ("RM", "restore"), ("RM", "check"),
    ("MX", "account"), ("MX", "message"),
    ("RM", "account"), ("RM", "message"),
)

CHAINED = {"full", "unchanged", "day"}


def units(options):
    """(corpus, run, deed) for all that was asked for: a first run of
    everything, then a second one."""
    for number in range(1, options.runs + 1):
        for corpus, deed in ORDER:
            if corpus not in options.corpora:
                continue
            if deed == "chain" or deed in options.steps:
                yield corpus, number, deed


def is_in_time(begun_s, unit, notes, budget_s):
    """A first run is always made; of the others what should end in time, by
    what it took before."""
    corpus, number, deed = unit
    if number == 1 or budget_s is None:
        return True
    took = notes.get(f"took {corpus} {deed}", 0)
    return begun_s + took * 1.1 <= budget_s
