#!/usr/bin/python3
"""A second reader of bk-format(5), written from that page alone.

    bkread.py REPO KEY sets              a line for each visible set
    bkread.py REPO KEY list [--hash] SET what is in it, as JSON lines
    bkread.py REPO KEY extract SET DIR   its messages as files
    bkread.py REPO KEY verify SET        proves the set, its bases and the repository

KEY is --password-file FILE or --key-file FILE; with --mend what was damaged is read as its
parity says.  What the page says is refused is
told on stderr with its place; then the status is 1.
"""

import argparse
import json
import os
import re
import sys

sys.dont_write_bytecode = True
# What follows lies beside this file.
from binary import Refused, at, complain, going_on, need, sha, show  # noqa: E402
from container import HOLD, HOLD_RECORDS, INDEX, INTENT, INTENT_RECORDS, File, signed  # noqa: E402
from sets import KINDS, Repository  # noqa: E402

FLAGS = ["Seen", "Answered", "Flagged", "Deleted", "Draft", "Passed"]

def line(**what):
    print(json.dumps(what, sort_keys=True))


def folders_of(state):
    """(account, folder, rows) in the order of names."""
    order = sorted(state.folders.values(),
                   key=lambda f: (state.accounts[f.account].address, f.name, f.id))
    for folder in order:
        yield state.accounts[folder.account], folder


def do_sets(repo, _):
    for each in repo.visible():
        print(each.id.hex(), KINDS[each.kind], each.file.host.hex(), each.store, each.messages)


def do_list(repo, options):
    state = repo.state(repo.chain(repo.find(options.set)))
    for account in sorted(state.accounts.values(), key=lambda a: a.address):
        line(account=account.address,
             files={show(name): sha(data).hex() for name, data in account.files.items()})
    for account, folder in folders_of(state):
        line(account=account.address, folder=folder.name, uidvalidity=folder.uidvalidity,
             uidnext=folder.uidnext, highestmodseq=folder.modseq, guid=folder.guid.hex(),
             special=folder.special, subscribed=bool(folder.bits & 1),
             noselect=bool(folder.bits & 2), own=show(folder.own_name),
             delimiter=show(folder.delimiter), messages=len(folder.rows),
             acl=[[show(who), show(rights)] for who, rights in folder.acl],
             annotations=[[show(name), show(value)] for name, value in folder.annotations])
        for row in folder.rows:
            more = {}
            if options.hash:
                with going_on(), at(f"{account.address} {folder.name} uid {row.uid}"):
                    more["sha256"] = sha(repo.message(row)).hex()
            line(account=account.address, folder=folder.name, uid=row.uid, name=show(row.name),
                 flags=[f for i, f in enumerate(FLAGS) if row.flags >> i & 1],
                 keywords=sorted(show(folder.keywords[i]) for i in row.keywords),
                 internaldate=row.date, size=row.size, modseq=row.modseq,
                 digest=row.digest.hex(), **more)


def safe(name):
    """A name that is one component of a path, whatever it was."""
    raw = name if isinstance(name, bytes) else name.encode()
    out = "".join(chr(b) if re.match(rb"[\w ,=@&.:+-]", bytes([b]), re.A) else f"%{b:02X}"
                  for b in raw)
    out = re.sub(r"^\.", "%2E", out)
    return out if len(out) <= 200 else out[:160] + "%" + sha(raw).hex()[:32]


def do_extract(repo, options):
    state = repo.state(repo.chain(repo.find(options.set)))
    for account, folder in folders_of(state):
        levels = [re.sub(r"\.eml$", "%2Eeml", safe(level)) for level in folder.name.split("/")]
        place = os.path.join(options.dir, safe(account.address), *levels)
        os.makedirs(place, exist_ok=True)
        for row in folder.rows:
            path = os.path.join(place, f"{row.uid}-{safe(row.name)}.eml")
            with going_on(), at(f"{account.address} {folder.name} uid {row.uid}"):
                message = repo.message(row)
                with open(path, "xb") as file:
                    file.write(message)
                os.utime(path, (row.date, row.date))


def do_verify(repo, options):
    verify_sequence(repo)
    verify_seen(repo)
    verify_side_files(repo)
    chain = repo.chain(repo.find(options.set))
    for position, each in enumerate(chain):
        with going_on():
            verify_set(repo, each, chain[:position])
    state = repo.state(chain)
    last, rows = chain[-1], [row for folder in state.folders.values() for row in folder.rows]
    need((last.messages, last.bytes) == (len(rows), sum(row.size for row in rows)),
         f"{last.file.place}: other messages than in the manifest")
    for account, folder in folders_of(state):
        for row in folder.rows:
            with going_on(), at(f"{account.address} {folder.name} uid {row.uid}"):
                repo.message(row)
    if not complain.count:
        print(f"{last.id.hex()} holds: {len(chain)} sets, {len(rows)} messages")


def verify_sequence(repo):
    """Each set names the one before it, which is there or has a tombstone."""
    there = {each.id: each for each in repo.visible()}
    for each in there.values():
        before = there.get(each.previous)
        with going_on():
            need(before or each.previous in repo.tombstones | {bytes(16)},
                 f"{each.file.place}: set {each.previous.hex()}, the one before, is missing")
            need(not before or (before.file.host, before.file.sum())
                 == (each.file.host, each.previous_sum) and before.sequence < each.sequence,
                 f"{each.file.place}: the set before is another one")


def verify_seen(repo):
    """A set that another has seen is that one, and had not seen the other itself."""
    there = {each.id: each for each in repo.visible()}
    for each in there.values():
        for host, sequence, name, digest in each.seen:
            if name not in there:
                continue
            seen = there[name]
            with going_on(), at(each.file.place):
                need(seen.file.host == host, "has seen a set of another host")
                need(seen.sequence == sequence, "has seen a set of another sequence")
                need(seen.file.sum() == digest, "has seen another set")
                need(not any(its[0] == each.file.host and its[1] >= each.sequence
                             for its in seen.seen), "has seen a set that is newer")


def verify_side_files(repo):
    if not hasattr(repo, "slots_read"):
        list(repo.slots())
    for name, number in repo.names("open", r"([0-9a-f]{32})\.([0-9a-f]{8})\.bko"):
        with going_on():
            file = File(repo, f"open/{name}.{number}.bko", INTENT, bytes.fromhex(name),
                        int(number, 16))
            packs = signed(file, INTENT_RECORDS)[3]
            file.sum()
            need(packs == sorted(packs), f"{file.place}: packs not in order")
    for name, hold in repo.names("hold", r"([0-9a-f]{32})\.([0-9a-f]{32})\.bkh"):
        with going_on():
            file = File(repo, f"hold/{name}.{hold}.bkh", HOLD, bytes.fromhex(name), 0)
            body = signed(file, HOLD_RECORDS)[1]
            file.sum()
            need(body[:16].hex() == hold and body[16] in (1, 2), f"{file.place}: another hold")


def verify_set(repo, each, bases):
    """Its files, its packs, and its index against them."""
    each.file.sum()
    table = each.table()
    full = bases[0] if bases else None
    allowed = {(row.owner, row.own_ordinal) for row in full.table()} if each.kind == 2 else None
    for row in table:
        with going_on():
            need(row.flags & 3 == 1 or allowed is None
                 or (row.owner, row.own_ordinal) in allowed,
                 f"{each.file.place}: pack {row.ordinal} is not in the table of the full set")
            need(row.flags & 11 != 10 or row.owner in [base.id for base in bases],
                 f"{each.file.place}: pack {row.ordinal} is in the bundle of no base")
            pack = repo.pack(row)
            need(row.owner != each.id or pack.file.generation == each.file.generation,
                 f"{pack.place}: another key generation")
            if row.owner == each.id or row.owner not in [base.id for base in bases]:
                pack.verify(row.digest)
    if each.bundled:
        verify_bundle(repo, each)
    verify_index(repo, each)


def verify_bundle(repo, each):
    pieces = sorted([(part.offset, part.length) for part in each.parts.values()] +
                    [(row.offset, row.length) for row in each.table() if row.flags & 3 == 1])
    with at(f"data/{each.id.hex()}.bkb"):
        place = 0
        for offset, length in pieces:
            need(offset == place, f"a gap or an overlap at {place}")
            place += length
        need(place == len(repo.map(f"data/{each.id.hex()}.bkb")), "bytes of no file")
        need(place < 8 << 20, "8 MiB or more")


def verify_index(repo, each):
    file = each.part(INDEX)
    index = file.rows("<16sII", file.walk())
    want = {}
    for row in each.table():
        if each.kind == 1 or row.flags & 3 == 1:
            for number, chunk in enumerate(repo.pack(row).rows):
                if chunk[3] != 1:
                    want.setdefault(chunk[0], (row.ordinal, number))
    need(index == [(ident, *want[ident]) for ident in sorted(want)],
         f"{file.place}: it is not that of the packs")


def main():
    asked = argparse.ArgumentParser(description=__doc__,
                                    formatter_class=argparse.RawDescriptionHelpFormatter)
    asked.add_argument("repo")
    key = asked.add_mutually_exclusive_group(required=True)
    key.add_argument("--password-file")
    key.add_argument("--key-file")
    asked.add_argument("--mend", action="store_true")
    verbs = asked.add_subparsers(dest="verb", required=True)
    verbs.add_parser("sets")
    for verb in "list", "extract", "verify":
        verbs.add_parser(verb).add_argument("set")
    verbs.choices["list"].add_argument("--hash", action="store_true")
    verbs.choices["extract"].add_argument("dir")
    options = asked.parse_args()
    try:
        repo = Repository(options.repo, options.mend)
        if options.password_file:
            repo.open_by_password(options.password_file)
        else:
            repo.open_by_keyfile(options.key_file)
        {"sets": do_sets, "list": do_list, "extract": do_extract,
         "verify": do_verify}[options.verb](repo, options)
    except Refused as wrong:
        complain(wrong)
    return 1 if complain.count else 0


if __name__ == "__main__":
    sys.exit(main())
