#!/usr/bin/python3
"""Every function of libbk's IMAP client on a real server, once with all that
the server can do and once with each capability as if it were missing; what came
of it is looked at by another client.  TAP.

    imap_functions.py DRIVER PORT CA USER PASSWORD-FILE

DRIVER is tests/drivers/test_imap; the user's mailbox is empty before.
"""

import pathlib
import subprocess
import sys
import tempfile

from imap_client import Imap

DRIVER, PORT, CA, USER, PASSWORD_FILE = sys.argv[1:6]
CAPABILITIES = (
    "ENABLE CONDSTORE QRESYNC UIDPLUS MULTIAPPEND LITERAL+ LITERAL- "
    "LIST-EXTENDED LIST-STATUS SPECIAL-USE CREATE-SPECIAL-USE NAMESPACE "
    "ESEARCH DEFLATE METADATA ACL QUOTA OBJECTID GMAIL ID UTF8 MOVE UNSELECT"
).split()
BIT = {name: 1 << n for n, name in enumerate(CAPABILITIES)}
MASKS = [[name] for name in CAPABILITIES if name not in ("GMAIL", "MOVE")] + [
    ["LITERAL+", "MULTIAPPEND"], ["LIST-EXTENDED", "SPECIAL-USE"],
    CAPABILITIES]
SEEN, DELETED = 1, 8
MAILS = [b"Subject: %d\r\n\r\n" % n + b"line of it\r\n" * (n * n * 300)
         for n in range(5)]
failed = tests = 0


def ok(is_so, name, *details):
    global failed, tests
    tests += 1
    print("ok" if is_so else "not ok", tests, "-", name, flush=True)
    if not is_so:
        failed += 1
        for detail in details:
            print("#", detail)


def drive(without, *commands, settings=()):
    """The lines that it prints, their words; its status."""
    argv = [DRIVER, f"imap://{USER.replace('@', '%40')}@localhost:{PORT}",
            f"ca={CA}", f"password=file:{PASSWORD_FILE}",
            f"without={sum(BIT[name] for name in without)}", *settings]
    for command in commands:
        argv += [":", *command]
    done = subprocess.run(argv, stdout=subprocess.PIPE, timeout=120,
                          check=False)
    lines = done.stdout.decode("latin-1").splitlines()
    return [line.split("\t") for line in lines], done.returncode


def only(lines, what):
    return [line[1:] for line in lines if line[0] == what]


def rows(session):
    """(uid, flags, body) of each message of the selected mailbox."""
    found = []
    for words in session.run("UID FETCH 1:* (UID FLAGS BODY.PEEK[])"):
        if len(words) < 3 or words[1] != "FETCH":
            continue
        items = dict(zip(words[2][::2], words[2][1::2]))
        flags = {flag for flag in items["FLAGS"] if flag != "\\Recent"}
        found.append((int(items["UID"]), flags, items["BODY[]"]))
    return sorted(found, key=lambda row: row[0])


def one_world(without, settings, work):
    called = "without " + ", ".join(without) if without else "with everything"
    if len(without) > 3:
        called = "without anything"
    if settings:
        called += ", " + " ".join(settings)
    # Cyrus cannot delete two of one name within a second.
    box, parent, moved = f"Box{tests}", f"Other{tests}", f"Moved{tests}"
    other, quoted = parent + "/Be&AOQ-ch", 'Odd \\ & %name'
    append = ["append", box]
    for n, mail in enumerate(MAILS):
        path = work / f"mail{n}"
        path.write_bytes(mail)
        append += [f"{SEEN if n % 2 else 0} kw{n} $Odd", str(1600000000 + n),
                   str(60 * n), str(path)]
    lines, status = drive(
        without, ["create", box], ["create", box], ["create", other],
        ["subscribe", box], append, ["append", "Nowhere", *append[2:]],
        ["select", box], ["fetch", "1:*", "31"], ["bodies", "1:9", str(work)],
        ["store", "1", "+", "4 new"], ["store", "2", "-", "1 kw1"],
        ["store", "3:4", "=", "16"], ["store", "5", "+", "8"],
        ["search", "KEYWORD new"], ["copy", "1,3", other], ["remove", "2"],
        ["fetch", "1:*", "3", "1"], ["unselect"], ["status", other],
        ["list", "status"], ["rename", other, moved], ["list"],
        ["subscribe", moved], ["delete", moved], ["select", moved],
        ["quota"], ["list"],
        settings=settings)
    kinds = [line[0] for line in lines if line[0].isupper()]
    ok(status == 1 and kinds == ["EXISTS", "GONE", "GONE"],
       f"{called}: what is refused is named", status, lines)
    taken = only(lines, "appended")
    ok([t[1] for t in taken] == ["11111", "00000"],
       f"{called}: all are appended, or none", taken)
    ok(taken[0][-1] == ("" if "UIDPLUS" in without else "1:5")
       or "UIDPLUS" in without, f"{called}: their UIDs", taken)
    ok([row[0] for row in only(lines, "row")[:5]] == list("12345"),
       f"{called}: they are listed", lines)
    ok([(work / str(n + 1)).read_bytes() for n in range(5)] == MAILS,
       f"{called}: what was appended is fetched")
    ok(only(lines, "found") == [["1"]], f"{called}: searched", lines)
    ok([row[0] for row in only(lines, "row")[5:]] == list("1345"),
       f"{called}: one was removed, another one's mark stays", lines)
    boxes = [line for line in only(lines, "mailbox")]
    first = {line[0]: line for line in boxes if len(line) > 4}
    ok(set(first) - {parent} == {"INBOX", box, other}, f"{called}: LIST",
       boxes)
    ok(first.get(box, [None] * 5)[2] == "8" and first[box][4] == "4",
       f"{called}: subscribed, and counted", boxes)
    with Imap(int(PORT), USER) as session:
        # Cyrus forgets it with the mailbox.
        kept = moved in [found[0] for found in session.folders("LSUB")]
        ok(([moved, "/", "11", "-"] in boxes) == kept,
           f"{called}: one is subscribed, and no longer there", boxes)
        session.select(box)
        seen = rows(session)
    keywords = [{"kw0", "$Odd", "\\Flagged", "new"}, {"\\Draft"}, {"\\Draft"},
                {"kw4", "$Odd", "\\Deleted"}]
    ok([row[0] for row in seen] == [1, 3, 4, 5]
       and [row[1] for row in seen] == keywords
       and [row[2] for row in seen] == [MAILS[n] for n in (0, 2, 3, 4)],
       f"{called}: another client sees the same", seen)
    drive(without, ["create", quoted], ["append", quoted, *append[2:6]],
          ["delete", quoted], ["unsubscribe", moved], ["unsubscribe", box], ["delete", box],
          settings=settings)
    left, _ = drive((), ["list"])
    ok(not [m for m in only(left, "mailbox")
            if m[0] not in ("INBOX", parent)],
       f"{called}: all is gone again", left)
    drive((), ["delete", parent])


def round_trips():
    lines, _ = drive((), ["list", "status"], ["trips"])
    ok(only(lines, "trips") == [["2"]], "nothing new: two round trips", lines)
    lines, _ = drive((), ["select", "INBOX"], ["trips"], ["list", "status"],
                     ["trips"])
    trips = [int(n) for n, in only(lines, "trips")]
    ok(trips[1] == trips[0] + 1,
       "a mailbox is left and all are listed in one round trip", lines)


def made_at_once():
    lines, _ = drive((), ["list"], ["trips"], ["make", "New/er"], ["trips"],
                     ["make", "New/er"], ["list"], ["unselect"],
                     ["unsubscribe", "New/er"], ["delete", "New/er"],
                     ["delete", "New"])
    made, trips = only(lines, "made"), only(lines, "trips")
    ok(made == [["1", "1", "0"], ["0", "1", "0"]],
       "a folder is made, subscribed and selected", lines)
    ok(int(trips[1][0]) == int(trips[0][0]) + 1, "... in one round trip",
       lines)
    lines, status = drive((), ["make", "x" * 2000], ["list"])
    made = only(lines, "made")
    ok(status == 1 and made[0][0] == "0" and made[0][2] == "-1",
       "... one that cannot be is not", lines)
    if made[0][1] == "1":
        drive((), ["unsubscribe", "x" * 2000])


def attached():
    lines, _ = drive((), ["create", "Box"], ["setacl", "Box", "bob@b.test",
                                             "lr"],
                     ["acl", "Box"],
                     ["setmetadata", "Box", "/private/comment", 'a "b" \\'],
                     ["metadata", "Box"],
                     ["setmetadata", "Box", "/private/comment"],
                     ["metadata", "Box"], ["acl", "Nowhere"],
                     ["delete", "Box"])
    acls, metadata = only(lines, "acl"), only(lines, "metadata")
    ok("bob@b.test=lr" in acls[0], "an ACL is set and got", lines)
    ok(acls[1] == ["-1"], "... not of what is not there", lines)
    ok('/private/comment=a "b" \\' in metadata[0], "METADATA", lines)
    ok(not [e for e in metadata[1] if e.startswith("/private/comment")],
       "... goes", lines)


def main():
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        one_world((), (), work)
        one_world((), ("compress=yes",), work)
        one_world(("DEFLATE",), ("compress=yes",), work)
        for without in MASKS:
            one_world(without, (), work)
    round_trips()
    made_at_once()
    attached()
    print(f"1..{tests}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
