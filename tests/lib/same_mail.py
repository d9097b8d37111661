#!/usr/bin/python3
"""Is the mail of one account the mail of another, on whatever servers?  It asks
both over IMAP.

    same_mail.py [OPTION...] LOGIN LOGIN...     status 1: no

With more of them the third is compared with the fourth, and so on.

Each difference is named on a line of its own: a folder, message, flag, keyword,
date, subscription, right, METADATA or special use that the first account has and
the second has not, or the other way round.  Without one it prints how much it
has compared; nothing at all is a difference.

    --map OLD=NEW      this folder has another name at the second (repeatable);
                       all others have the same, with the second's separator and
                       prefix
    --uids             UIDs and UIDVALIDITY are the same, too
    --munged           8-bit bytes of a header may have become X, as Cyrus does
    --extra            there may be more at the second: folders and messages
    --without WHAT,... leaves out subscriptions, acl, metadata, special-use,
                       flags or dates
    --flags-lost F,... flags and keywords that may be missing at the second
    --identity OLD=NEW whoever has rights has another name there (repeatable);
                       OLD= has none there, =NEW has none here

LOGIN is that of tests/lib/imap_client.py.  A date is an instant: servers show it
in their own time zone.  Folders that cannot be opened count only as parts of
names, and so do empty ones that have others below them.  Rights are those of RFC 4314.
"""

import argparse
import collections
import sys

from imap_client import Imap
from imap_view import View, take_session

SPECIAL_USES = {"\\All", "\\Archive", "\\Drafts", "\\Flagged", "\\Important",
                "\\Junk", "\\Sent", "\\Trash"}
RIGHTS = set("lrswipkxtea")
LEFT_OUT = {"subscriptions", "acl", "metadata", "special-use", "flags",
            "dates"}
SHOWN = 200


def unmunged(body):
    return body


def munged(body):
    """As Cyrus stores it; only what is above the first empty line."""
    end = 0 if body.startswith(b"\r\n") else body.find(b"\r\n\r\n")
    end = len(body) if end < 0 else end
    head = bytes(byte if byte < 128 else ord("X") for byte in body[:end])
    return head + body[end:]


class Side:
    """One of the two: what it shows, by the names that its server has."""

    def __init__(self, login, seen):
        with Imap.at(login) as imap:
            self.prefix, self.separator = imap.namespaces()[0][0]
            view = View(take_session(imap, seen))
        self.folders = {name: folder for (_, name), folder
                        in view.folders.items() if name and "acl" in folder}
        self.messages = {name: view.messages[account, name]
                         for account, name in view.folders}
        self.dangling = {name for _, name in view.dangling}
        self.metadata = next((folder.get("metadata", {}) for (_, name), folder
                              in view.folders.items() if not name), None)

    def is_mere_parent(self, name):
        """An empty folder that has others below it."""
        return not self.messages[name] and any(
            one.startswith(name + self.separator) for one in self.folders)

    def parts(self, name):
        if name.startswith(self.prefix):
            name = name[len(self.prefix):]
        return name.split(self.separator)

    def name_of(self, parts):
        name = self.separator.join(parts)
        return name if parts[0] == "INBOX" else self.prefix + name


def differing(what, old, new):
    """A line for each element of two sets that the other has not."""
    for one in sorted(old - new):
        yield f"{what} {one} is missing"
    for one in sorted(new - old):
        yield f"{what} {one} is too much"


def pairs(facts):
    return {f"{key}={value!r}" for key, value in facts.items()}


class Comparison:
    def __init__(self, args, logins):
        seen = munged if args.munged else unmunged
        self.args = args
        self.old, self.new = (Side(one, seen) for one in logins)
        self.map = dict(one.split("=", 1) for one in args.map)
        self.identities = dict(one.split("=", 1) for one in args.identity)
        self.lost = set(args.flags_lost.split(","))
        self.count = 0

    def wants(self, what):
        return what not in self.args.without.split(",")

    def there(self, name):
        """The name that the second side should have for a folder."""
        return self.map.get(name) or self.new.name_of(self.old.parts(name))

    def lines(self):
        wanted = {self.there(name): name for name in self.old.folders}
        if len(wanted) < len(self.old.folders):
            yield "two folders have one name there"
        for there, name in sorted(wanted.items()):
            if there not in self.new.folders:
                if not self.old.is_mere_parent(name):
                    yield f"{name}: the folder {there} is missing"
                continue
            for text in self.folder(name, there):
                yield f"{name}: {text}"
        if not self.args.extra:
            for name in sorted(self.new.folders.keys() - wanted):
                if not self.new.is_mere_parent(name):
                    empty = "" if self.new.messages[name] else ", and empty"
                    yield f"{name}: the folder is too much{empty}"
        yield from self.account()
        if not self.count:
            yield "nothing is compared: there are no messages"

    def account(self):
        if self.wants("subscriptions"):
            yield from differing("the subscription to no folder",
                                 {self.there(n) for n in self.old.dangling},
                                 self.new.dangling)
        if self.wants("metadata") and self.old.metadata is not None:
            yield from differing("METADATA of the account",
                                 pairs(self.old.metadata),
                                 pairs(self.new.metadata or {}))

    def folder(self, name, there):
        old, new = self.old.folders[name], self.new.folders[there]
        if self.wants("subscriptions") and \
                old["subscribed"] != new["subscribed"]:
            yield "is subscribed" if new["subscribed"] else "is not subscribed"
        if self.wants("special-use"):
            yield from differing("special use",
                                 SPECIAL_USES & set(old["attributes"]),
                                 SPECIAL_USES & set(new["attributes"]))
        if self.wants("acl"):
            yield from differing("the right", self.rights(old["acl"], 0),
                                 self.rights(new["acl"], 1))
        if self.wants("metadata"):
            yield from differing("METADATA", pairs(old.get("metadata", {})),
                                 pairs(new.get("metadata", {})))
        if self.args.uids and old["uidvalidity"] != new["uidvalidity"]:
            yield f"UIDVALIDITY {old['uidvalidity']} became " \
                f"{new['uidvalidity']}"
        yield from self.compare_messages(self.old.messages[name],
                                         self.new.messages[there])

    def rights(self, acl, side):
        """`who right` of all but the owner, who may always do as he likes."""
        nobody = {new for old, new in self.identities.items() if not old}
        found = set()
        for who, rights in acl.items():
            if who == "owner" or side == 1 and who in nobody:
                continue
            if side == 0:
                who = self.identities.get(who, who)
            found |= {f"{right} of {who}" for right in RIGHTS & set(rights)
                      if who}
        return found

    def facts(self, uid, message):
        """What must be the same, as (name, value) in the order of telling."""
        flags = set(message["flags"])
        return {"uid": uid if self.args.uids else 0,
                "flags": tuple(sorted(flags)) if self.wants("flags") else (),
                "date": message["date"] if self.wants("dates") else 0}

    def compare_messages(self, old, new):
        """By content: of equal ones as many as possible are taken for the
        same."""
        def by_content(messages):
            found = collections.defaultdict(list)
            for uid, message in sorted(messages.items()):
                found[message["sha256"]].append(self.facts(uid, message))
            return found
        ours, theirs = by_content(old), by_content(new)
        for digest, mine in ours.items():
            self.count += len(mine)
            yield from self.compare_copies(digest, mine,
                                           theirs.pop(digest, []))
        for digest, rest in theirs.items():
            if not self.args.extra:
                yield f"message {digest[:16]} is too much, {len(rest)} times"

    def compare_copies(self, digest, mine, others):
        what = f"message {digest[:16]}"
        others, left = list(others), []
        for one in mine:
            other = next((o for o in others if not any(
                self.changes(one, o))), None)
            if other is None:
                left.append(one)
            else:
                others.remove(other)
        for one in left:
            if not others:
                yield f"{what} is missing: {one}"
                continue
            other = min(others, key=lambda o: len(list(self.changes(one, o))))
            others.remove(other)
            for text in self.changes(one, other):
                yield f"{what}: {text}"
        if others and not self.args.extra:
            yield f"{what} is too much, {len(others)} times"

    def changes(self, old, new):
        if old["uid"] != new["uid"]:
            yield f"UID {old['uid']} became {new['uid']}"
        if old["date"] != new["date"]:
            yield f"date {old['date']} became {new['date']}"
        yield from differing("flag", set(old["flags"]) - self.lost,
                             set(new["flags"]) - self.lost)


def compare(args, logins):
    comparison = Comparison(args, logins)
    lines = list(comparison.lines())
    for line in lines[:SHOWN]:
        print(line)
    if lines:
        print(f"{len(lines)} differences")
        return 1
    print(f"{comparison.count} messages in {len(comparison.old.folders)} "
          "folders are the same")
    return 0


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--map", action="append", default=[])
    parser.add_argument("--uids", action="store_true")
    parser.add_argument("--munged", action="store_true")
    parser.add_argument("--extra", action="store_true")
    parser.add_argument("--without", default="")
    parser.add_argument("--flags-lost", default="")
    parser.add_argument("--identity", action="append", default=[])
    parser.add_argument("logins", nargs="+", metavar="LOGIN")
    args = parser.parse_args()
    unknown = set(filter(None, args.without.split(","))) - LEFT_OUT
    if unknown:
        parser.error(f"--without {unknown}?")
    if len(args.logins) % 2:
        parser.error("with which one?")
    return max(compare(args, pair)
               for pair in zip(args.logins[::2], args.logins[1::2]))


if __name__ == "__main__":
    sys.exit(main())
