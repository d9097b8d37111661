#!/usr/bin/python3
"""What a mail server shows over IMAP, as canonical JSON lines, and what differs
between two such views.

    imap_view.py take PORT ACCOUNT... >VIEW
    imap_view.py compare [OPTION...] BEFORE AFTER     status 1: they differ

A view has a line for each folder (attributes, subscription, UIDVALIDITY,
UIDNEXT, HIGHESTMODSEQ, ACL, METADATA), each subscription to what is no folder,
each message (UID, flags, date, size, SHA-256), and one for the METADATA of the
account.

Each difference is named on a line of its own.  No difference: a UIDNEXT that
grew, and with an unchanged UIDVALIDITY a HIGHESTMODSEQ that grew; \\Recent, and
\\Marked and the like, which tell of the index and not of the mail.
"""

import argparse
import collections
import datetime
import hashlib
import json
import re
import sys

from imap_client import Imap, to_mutf7

TRANSIENT = {"\\Marked", "\\UnMarked", "\\Recent"}
ITEMS = "(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[])"
MAY_GROW = "uidnext", "highestmodseq"
OF_THE_SERVER = re.compile(r"/vendor/|/specialuse$")


def take_messages(imap, seen=bytes):
    """Of the open folder; the digest is that of what `seen` makes of a body."""
    for words in imap.run("UID FETCH 1:*", ITEMS):
        if words[1:2] != ["FETCH"]:
            continue
        item = dict(zip(words[2][::2], words[2][1::2]))
        date = datetime.datetime.strptime(
            item["INTERNALDATE"].decode().strip(), "%d-%b-%Y %H:%M:%S %z")
        yield {
            "uid": int(item["UID"]),
            "flags": sorted(set(item["FLAGS"]) - TRANSIENT),
            "date": int(date.timestamp()),
            "size": int(item["RFC822.SIZE"]),
            "sha256": hashlib.sha256(seen(item["BODY[]"])).hexdigest(),
        }


def take_acl(imap, account, name):
    """Rights by identifier; the account's own are those of "owner"."""
    for words in imap.run("GETACL", to_mutf7(name)):
        if words[0] == "ACL":
            text = [w.decode() if isinstance(w, bytes) else w
                    for w in words[2:]]
            return {"owner" if who == account else who:
                    "".join(sorted(rights))
                    for who, rights in zip(text[::2], text[1::2])}
    return {}


def take_metadata(imap, name):
    """Values by entry; not those that a server makes for itself.  Those of the
    account, whose name is empty, Dovecot tells only who names them."""
    found = {}
    asked = ["GETMETADATA (DEPTH infinity)", to_mutf7(name),
             "(/private /shared)"]
    if not name:
        asked = ["GETMETADATA", b"",
                 "(/private/comment /shared/comment /shared/admin)"]
    for words in imap.run(*asked):
        if words[0] == "METADATA" and isinstance(words[-1], list):
            for entry, value in zip(words[-1][::2], words[-1][1::2]):
                entry = entry.decode() if isinstance(entry, bytes) else entry
                if value != "NIL" and not OF_THE_SERVER.search(entry):
                    found[entry] = value.decode("utf-8", "backslashreplace") \
                        if isinstance(value, bytes) else value
    return found


def take_folder(imap, name, attributes, subscribed, seen):
    """The folder's line, then its messages' lines."""
    folder = {"kind": "folder", "attributes": sorted(attributes - TRANSIENT),
              "subscribed": subscribed}
    if {"\\Noselect", "\\NonExistent"} & attributes:
        yield folder
        return
    numbers = imap.select(name, "EXAMINE")
    for key in "UIDVALIDITY", "UIDNEXT", "HIGHESTMODSEQ":
        folder[key.lower()] = numbers.get(key)
    folder["acl"] = take_acl(imap, imap.account, name)
    if "METADATA" in imap.capabilities:
        folder["metadata"] = take_metadata(imap, name)
    yield folder
    for message in take_messages(imap, seen):
        yield {"kind": "message", **message}


def take_session(imap, seen=bytes):
    listed = sorted(imap.folders("LIST"))
    subscribed = {name for name, _ in imap.folders("LSUB")}
    if "METADATA" in imap.capabilities:
        yield {"kind": "account", "account": imap.account, "folder": "",
               "metadata": take_metadata(imap, "")}
    for name in sorted(subscribed - {name for name, _ in listed}):
        yield {"kind": "subscription", "account": imap.account, "folder": name}
    for name, attributes in listed:
        for line in take_folder(imap, name, attributes, name in subscribed,
                                seen):
            yield {"account": imap.account, "folder": name, **line}


def take_account(port, account):
    with Imap(port, account) as imap:
        yield from take_session(imap)


class View:
    """Folders and messages by (account, folder); the account itself is a folder
    without a name."""

    def __init__(self, lines):
        self.folders = {}
        self.messages = collections.defaultdict(dict)
        self.dangling = set()
        for line in lines:
            self.add(line)

    @classmethod
    def read(cls, path):
        with open(path, encoding="utf-8") as lines:
            return cls(map(json.loads, lines))

    def add(self, line):
        key = line.pop("account"), line.pop("folder")
        kind = line.pop("kind")
        if kind in ("folder", "account"):
            self.folders[key] = line
        elif kind == "message":
            self.messages[key][line.pop("uid")] = line
        else:
            self.dangling.add(key)

    def select(self, wanted):
        """Keeps what `wanted` maps to a key, under that key."""
        self.folders = {wanted(k): v for k, v in self.folders.items()
                        if wanted(k)}
        self.messages = collections.defaultdict(dict, {
            wanted(k): v for k, v in self.messages.items() if wanted(k)})
        self.dangling = {wanted(k) for k in self.dangling if wanted(k)}


def facts_that_differ(before, after):
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if name == "highestmodseq":
            if before.get("uidvalidity") != after.get("uidvalidity"):
                continue
        if name in MAY_GROW and None not in (old, new) and new >= old:
            continue
        if old != new:
            yield f"{name} {json.dumps(old)} became {json.dumps(new)}"


def uids_that_differ(before, after):
    for uid in sorted(before.keys() | after.keys()):
        if uid not in after:
            yield f"uid {uid} is gone"
        elif uid not in before:
            yield f"uid {uid} is new"
        else:
            for fact in facts_that_differ(before[uid], after[uid]):
                yield f"uid {uid}: {fact}"


def contents_that_differ(before, after):
    """As if messages had no UIDs; a difference for each copy too few or many."""
    def count(messages):
        return collections.Counter(
            json.dumps(m, sort_keys=True) for m in messages.values())
    for text in sorted((count(before) - count(after)).elements()):
        yield f"is gone: {text}"
    for text in sorted((count(after) - count(before)).elements()):
        yield f"is new: {text}"


def compare(before, after, by_content):
    for key in sorted(before.dangling ^ after.dangling):
        word = "gone" if key in before.dangling else "new"
        yield key, f"the subscription is {word}"
    for key in sorted(before.folders.keys() | after.folders.keys()):
        if key not in after.folders:
            yield key, "the folder is gone"
            continue
        if key not in before.folders:
            yield key, "the folder is new"
            continue
        old, new = before.messages[key], after.messages[key]
        if by_content:
            differences = list(contents_that_differ(old, new))
        else:
            differences = [*facts_that_differ(before.folders[key],
                                              after.folders[key]),
                           *uids_that_differ(old, new)]
        for text in differences:
            yield key, text


def renaming(account, folder):
    """Maps (account, folder) of the earlier view to where the later one should
    have it; both are None or "NAME" or "OLD=NEW"."""
    old_account, _, new_account = (account or "").partition("=")
    old_folder, _, new_folder = (folder or "").partition("=")

    def wanted(key):
        if old_account and key[0] != old_account:
            return None
        if old_folder and key[1] != old_folder:
            return None
        return new_account or key[0], new_folder or key[1]
    return wanted


def only(account, folder):
    """Keeps of the later view what `renaming` maps to."""
    def last(text):
        return text.split("=")[-1] if text else None
    return renaming(last(account), last(folder))


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    verbs = parser.add_subparsers(dest="verb", required=True)
    taking = verbs.add_parser("take")
    taking.add_argument("port", type=int)
    taking.add_argument("account", nargs="+")
    comparing = verbs.add_parser("compare")
    comparing.add_argument("--account", metavar="OLD[=NEW]",
                           help="only this account")
    comparing.add_argument("--folder", metavar="OLD[=NEW]",
                           help="only this folder")
    comparing.add_argument("--content", action="store_true",
                           help="without UIDs and facts of the folder")
    comparing.add_argument("before")
    comparing.add_argument("after")
    args = parser.parse_args()

    if args.verb == "take":
        for account in args.account:
            for line in take_account(args.port, account):
                print(json.dumps(line, sort_keys=True))
        return 0

    before, after = View.read(args.before), View.read(args.after)
    before.select(renaming(args.account, args.folder))
    after.select(only(args.account, args.folder))
    if not before.folders:
        print("nothing is compared: the earlier view has no such folder")
        return 1
    differences = 0
    for (account, folder), text in compare(before, after, args.content):
        differences += 1
        if differences <= 50:
            print(f"{account} {folder}: {text}")
    if differences:
        print(f"{differences} differences")
    return 1 if differences else 0


if __name__ == "__main__":
    sys.exit(main())
