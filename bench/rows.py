"""What was measured, kept on disk row by row, so that a run that was cut short
goes on where it was."""

import json
import sys
from dataclasses import asdict, dataclass
from statistics import median

from measure import Cost


@dataclass
class Row:
    corpus: str
    run: int
    step: str
    name: str  # of the program
    cost: Cost
    bytes: float  # stored or added; None where nothing is
    load: float  # average of the machine before it began


@dataclass
class Result:
    """Medians over the runs."""
    cost: Cost
    bytes: float
    runs: int


class Rows:
    def __init__(self, folder, scale):
        """What the folder holds so far; it belongs to one scale."""
        self.path = folder / "rows.jsonl"
        self.rows = []
        self.notes = {}
        for line in self.lines():
            kind = line.pop("kind")
            if kind == "row":
                self.rows.append(Row(**line | {"cost": Cost(**line["cost"])}))
            else:
                self.notes[line["key"]] = line["value"]
        if self.notes.setdefault("scale", scale) != scale:
            sys.exit(f"bench: {folder} holds results of scale "
                     f"{self.notes['scale']}: give --scale, or --anew")
        self.note("scale", scale)

    def lines(self):
        """A last line that was cut short does not count, and goes."""
        if not self.path.exists():
            return []
        whole = "".join(self.path.read_text().rpartition("\n")[:2])
        self.path.write_text(whole)
        return [json.loads(line) for line in whole.splitlines()]

    def write(self, line):
        with open(self.path, "a", encoding="utf-8") as out:
            out.write(json.dumps(line) + "\n")

    def add(self, row):
        self.rows.append(row)
        self.write({"kind": "row"} | asdict(row))

    def note(self, key, value):
        """Anything else that should be known after a restart."""
        self.notes[key] = value
        self.write({"kind": "note", "key": key, "value": value})

    def of(self, corpus, run=None, step=None):
        return [row for row in self.rows if row.corpus == corpus
                and run in (None, row.run) and step in (None, row.step)]

    def names(self, corpus, run, step):
        return {row.name for row in self.of(corpus, run, step)}

    def drop(self, corpus, run):
        """Forgets a run whose chain of sets has to begin anew."""
        self.rows = [row for row in self.rows
                     if (row.corpus, row.run) != (corpus, run)]
        self.notes = {key: value for key, value in self.notes.items()
                      if not key.startswith(f"done {corpus} {run} ")}
        lines = [{"kind": "row"} | asdict(row) for row in self.rows]
        lines += [{"kind": "note", "key": key, "value": value}
                  for key, value in self.notes.items()]
        part = self.path.with_suffix(".part")
        part.write_text("".join(json.dumps(line) + "\n" for line in lines))
        part.replace(self.path)

    def results(self, corpus):
        """Medians by (program, step)."""
        groups = {}
        for row in self.of(corpus):
            groups.setdefault((row.name, row.step), []).append(row)
        return {key: medians(rows) for key, rows in groups.items()}


def medians(rows):
    sizes = [row.bytes for row in rows]
    return Result(Cost.median([row.cost for row in rows]),
                  None if None in sizes else median(sizes), len(rows))
