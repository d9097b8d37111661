#!/usr/bin/python3
"""A year of backups, ships and prunes by the tools, under a clock that is told to them.

    year_of_sets.py FOLDER

FOLDER has bk.conf, with the stores `mail` and `post`, their jobs `nightly` and
`weekly`, the repository `main` in repo/ and the targets near/ and far/.  What is listed
at each place after each prune is held against rules that are worked out here, from the
words of the manual alone.  Prints a line for each month: "2026-03 ok", or what differs.
"""

import datetime
import json
import os
import subprocess
import sys
import time

DAY = 86400

# As bk.conf has them: of the repository for each store, of the targets for all.
RULES = {
    "main": {
        "mail": {"within": 10 * DAY, "weekly": 4},
        "post": {"last": 6, "monthly": 3},
    },
    "near": {None: {"daily": 7, "weekly": 5, "monthly": 12}},
    "far": {None: {"last": 10, "monthly": 6, "yearly": 2}},
}
PERIODS = {
    "daily": "%Y-%m-%d",
    "weekly": "%G-%V",
    "monthly": "%Y-%m",
    "yearly": "%Y",
}
AWAY = (datetime.date(2026, 7, 6), datetime.date(2026, 8, 3))


# ---- the tools ----


def preload():
    probe = subprocess.run(
        ["faketime", "2026-01-01", "printenv", "LD_PRELOAD"],
        capture_output=True,
        text=True,
        check=True,
    )
    return probe.stdout.strip()


class Tools:
    def __init__(self, folder):
        self.env = dict(os.environ)
        self.env["BK_CONFIG"] = os.path.join(folder, "bk.conf")
        self.preload = preload()
        self.runs = 0

    def run(self, when, *words, status=0):
        """At that time, in seconds; what it printed."""
        env = dict(self.env)
        if when is not None:
            local = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(when))
            env |= {"LD_PRELOAD": self.preload, "FAKETIME": "@" + local}
        done = subprocess.run(words, env=env, capture_output=True, text=True, check=False)
        self.runs += 1
        if done.returncode != status:
            sys.exit(f"{words} at {when}: status {done.returncode}\n{done.stderr}")
        return done.stdout

    def sets(self, place):
        """By label: store, time, the label that it stands on or None."""
        listed = {}
        by_id = {}
        for line in self.run(None, "bk-list", "-r", place, "--json").splitlines():
            row = json.loads(line)
            if row["type"] != "set":
                continue
            assert row["complete"], row
            when = datetime.datetime.fromisoformat(row["time"].replace("Z", "+00:00"))
            by_id[row["set"]] = row["label"]
            listed[row["label"]] = {
                "store": row["store"],
                "time": when.timestamp(),
                "base": row.get("base"),
                "kind": row["kind"],
            }
        for one in listed.values():
            one["base"] = by_id[one["base"]] if one["base"] else None
            assert (one["base"] is None) == (one["kind"] == "full"), one
        return listed


# ---- the rules, once more ----


def kept_by(rules, series):
    """Of the sets of one store, {label: time}, those that a rule keeps."""
    ordered = sorted(series, key=series.get, reverse=True)
    newest = series[ordered[0]]
    kept = set(ordered[:1])  # --min-keep
    kept |= set(ordered[: rules.get("last", 0)])
    if "within" in rules:
        kept |= {one for one in ordered if newest - series[one] <= rules["within"]}
    for period, form in PERIODS.items():
        seen = []
        for one in ordered:
            name = time.strftime(form, time.localtime(series[one]))
            if name not in seen and len(seen) < rules.get(period, 0):
                seen.append(name)
                kept.add(one)
    return kept


def with_bases(sets, labels):
    all_of_them = set()
    for label in labels:
        while label is not None and label not in all_of_them:
            all_of_them.add(label)
            label = sets[label]["base"]
    return all_of_them


class Place:
    """What is visible there, and what is pinned: a label, and until when."""

    def __init__(self, name):
        self.name = name
        self.visible = {}
        self.condemned = {}
        self.gone = set()
        self.saved = set()
        self.pins = {}

    def rules_for(self, store):
        rules = RULES[self.name]
        return rules.get(store, rules.get(None))

    def pinned(self, now):
        return {label for label, until in self.pins.items() if until is None or until > now}

    def ship(self, sets):
        for label, one in sets.items():
            if label not in self.gone and label not in self.condemned:
                self.visible[label] = one

    def prune(self, now, pinned_elsewhere):
        stay = (self.pinned(now) | pinned_elsewhere) & set(self.visible)
        for store in ("mail", "post"):
            series = {
                label: one["time"]
                for label, one in self.visible.items()
                if one["store"] == store
            }
            if series:
                stay |= kept_by(self.rules_for(store), series)
        before = self.condemned
        # What is condemned, and not deleted yet, may come back.
        stay |= with_bases(before | self.visible, set(before)) & set(self.visible)
        stay = with_bases(self.visible, stay)
        self.condemned = {k: v for k, v in self.visible.items() if k not in stay}
        self.visible = {k: v for k, v in self.visible.items() if k in stay}
        # What was condemned a week ago is deleted, but for what was saved.
        saved = with_bases(before | self.visible, self.saved & set(before))
        for label, one in before.items():
            if label in saved:
                self.visible[label] = one
            else:
                self.gone.add(label)


# ---- the year ----


class Year:
    def __init__(self, folder):
        self.tools = Tools(folder)
        self.folder = folder
        self.places = {name: Place(name) for name in RULES}
        self.saved_one = None
        self.wrong = {}

    def at(self, day, hour):
        return time.mktime((day.year, day.month, day.day, hour, 0, 0, 0, 0, -1))

    def letter(self, store, day):
        name = f"{int(self.at(day, 12))}.{store}.mx:2,"
        box = os.path.join(self.folder, store, "a.test/ann/Maildir/cur")
        with open(os.path.join(box, name), "w", encoding="ascii") as file:
            file.write(f"Subject: {day} {store}\n\nof that day\n")

    def backup(self, day, hour, store, kind):
        self.letter(store, day)
        self.tools.run(self.at(day, hour), "bk-backup", store, "--" + kind, "-q")

    def away(self, day):
        return AWAY[0] <= day < AWAY[1]

    def backups(self, day):
        week = (day - datetime.date(2026, 1, 3)).days // 7
        if day.day == 1:
            self.backup(day, 3, "post", "full")
        elif day.weekday() == 6:
            self.backup(day, 3, "post", "differential")
        if day.weekday() == 5:
            kind = "differential" if week % 2 else "full"
            self.backup(day, 22, "mail", kind)
        elif day.weekday() == 1:
            self.backup(day, 22, "mail", "differential")
        elif day.weekday() == 3:
            self.backup(day, 20, "mail", "incremental")
        elif day.weekday() == 6:
            self.backup(day, 23, "mail", "incremental")

    def look(self, day, name):
        """The rules against what is listed there."""
        listed = self.tools.sets(name)
        want = self.places[name].visible
        if set(listed) == set(want):
            return
        more, less = set(listed) - set(want), set(want) - set(listed)
        self.wrong.setdefault(day.strftime("%Y-%m"), []).append(
            f"{day} {name}: has also {sorted(more)}, lacks {sorted(less)}"
        )

    def ship(self, day):
        away = self.away(day)
        self.tools.run(self.at(day, 1), "bk-ship", "push", "-q", status=3 if away else 0)
        main = self.places["main"].visible
        self.places["near"].ship(main)
        if not away:
            self.places["far"].ship(main)

    def prune(self, day):
        away = self.away(day)
        now = self.at(day, 2)
        self.tools.run(now, "bk-prune", "-q", status=3 if away else 0)
        main = self.places["main"]
        pinned = main.pinned(now)
        main.prune(now, set())
        self.look(day, "main")
        for name in ("near",) if away else ("near", "far"):
            self.places[name].prune(now, pinned)
            self.look(day, name)

    def pin(self, day, label, until=None):
        """Wherever it is."""
        words = ["bk-prune", "--pin", label, "-q"]
        if until:
            words += ["--until", until.isoformat()]
        self.tools.run(self.at(day, 12), *words)
        for place in self.places.values():
            if label in place.visible:
                place.pins[label] = self.at(until, 0) if until else None

    def unpin(self, day, label):
        self.tools.run(self.at(day, 12), "bk-prune", "--unpin", label, "-q")
        for place in self.places.values():
            place.pins.pop(label, None)

    def newest(self, store, kind):
        sets = self.places["main"].visible
        of_it = [k for k, v in sets.items() if v["store"] == store and v["kind"] == kind]
        return max(of_it, key=lambda k: sets[k]["time"])

    def holds(self, day):
        """What people do in the course of it."""
        if day == datetime.date(2026, 2, 17):
            self.pinned_long = self.newest("mail", "differential")
            self.pin(day, self.pinned_long)
        if day == datetime.date(2026, 3, 10):
            self.pin(day, self.newest("mail", "incremental"), datetime.date(2026, 9, 1))
        if day == datetime.date(2026, 4, 14):
            self.pin(day, self.newest("post", "differential"), datetime.date(2026, 6, 15))
        if day == datetime.date(2026, 10, 6):
            self.unpin(day, self.pinned_long)
        if day == datetime.date(2026, 5, 11):
            self.undelete(day)

    def undelete(self, day):
        """Of what was condemned this night, a set that stands on another."""
        main = self.places["main"]
        label = max(k for k, v in main.condemned.items() if v["base"])
        self.tools.run(self.at(day, 20), "bk-prune", "--undelete", label, "main", "-q")
        main.saved.add(label)
        main.pins[label] = None

    def day(self, day):
        far = os.path.join(self.folder, "far")
        if day == AWAY[0]:
            os.rename(far, far + ".away")
            with open(far, "wb"):  # else it would be made anew
                pass
        if day == AWAY[1]:
            os.remove(far)
            os.rename(far + ".away", far)
        if day.weekday() == 0:
            main = self.tools.sets("main")
            known = self.places["main"].visible
            known.update({k: v for k, v in main.items() if k not in known})
            self.ship(day)
            self.prune(day)
        self.holds(day)
        self.backups(day)

    def run(self):
        day = datetime.date(2026, 1, 1)
        while day.year == 2026:
            self.day(day)
            day += datetime.timedelta(days=1)
            if day.day == 1:
                month = (day - datetime.timedelta(days=1)).strftime("%Y-%m")
                print(month, "; ".join(self.wrong.get(month, ["ok"])), flush=True)
        self.ship(day)
        print(f"# {self.tools.runs} runs", flush=True)


def main():
    os.environ["TZ"] = "Europe/Berlin"
    time.tzset()
    Year(sys.argv[1]).run()


main()
