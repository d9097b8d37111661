#!/usr/bin/python3
"""Reads a file for node_exporter's textfile collector, strictly.

    exposition.py FILE                       a line for each sample: name{labels} value
    exposition.py FILE NAME [LABEL=VALUE...]  the value of the one sample that fits

Fails where the text exposition format 0.0.4 is not kept: a family in two places, a
sample before its TYPE or of another family, a sample twice, a wrong escape, no line end.
"""

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\[\\"n])*)"'
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? (\S+)")


def read(text):
    if not text.endswith("\n"):
        sys.exit("no line end")
    families, typed, seen = [], None, {}
    for line in text[:-1].split("\n"):
        words = line.split(" ", 3)
        if words[0] == "#" and words[1] == "HELP":
            if words[2] in families or not re.fullmatch(NAME, words[2]):
                sys.exit(f"family again: {line}")
            families.append(words[2])
            typed = None
        elif words[0] == "#" and words[1] == "TYPE":
            if words[2] != families[-1] or words[3] != "gauge":
                sys.exit(f"type: {line}")
            typed = words[2]
        else:
            match = SAMPLE.fullmatch(line)
            if not match or match[1] != typed:
                sys.exit(f"sample: {line}")
            labels = re.findall(LABEL, match[2] or "")
            key = (match[1], tuple(sorted(labels)))
            if key in seen or len(dict(labels)) != len(labels):
                sys.exit(f"twice: {line}")
            seen[key] = float(line.rsplit(" ", 1)[1])
    return seen


def main():
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    with open(sys.argv[1], encoding="utf-8", newline="") as file:
        samples = read(file.read())
    wanted = [tuple(word.split("=", 1)) for word in sys.argv[3:]]
    for (name, labels), value in samples.items():
        if len(sys.argv) == 2:
            print(f"{name}{dict(labels)} {value:.9g}")
        elif name == sys.argv[2] and set(wanted) <= set(labels):
            print(f"{value:.0f}")
            return
    if len(sys.argv) > 2:
        sys.exit(f"no {sys.argv[2]}")


if __name__ == "__main__":
    main()
