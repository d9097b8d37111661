#!/usr/bin/python3
"""Mail outside of any store, looked at by Python's own modules.

    loose_mail.py list PLACE    a line for each message, sorted: account,
                                folder, time, SHA-256; of a tree of .eml files,
                                a tar or a zip, or Maildirs in DOMAIN/NAME
    loose_mail.py contents PLACE  a line for each message: its SHA-256
    loose_mail.py names PLACE   every file and folder, checked to be a name
                                that any file system takes, and no two of a
                                folder that one of them takes for the same
"""

import calendar
import hashlib
import os
import pathlib
import re
import sys
import tarfile
import unicodedata
import zipfile

FORBIDDEN = re.compile(r'[\x00-\x1f\x7f<>:"\\|?*]')
DEVICE = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)(\..*)?$", re.I)


def of_tar(path):
    with tarfile.open(path) as tar:
        for member in tar:
            body = tar.extractfile(member).read() if member.isfile() else None
            yield member.name, int(member.mtime), body


def zip_time(info):
    """Its extended timestamp: the field of the format has two seconds."""
    extra = info.extra
    while len(extra) >= 4:
        kind, size = (int.from_bytes(extra[i:i + 2], "little") for i in (0, 2))
        if kind == 0x5455:
            return int.from_bytes(extra[5:9], "little", signed=True)
        extra = extra[4 + size:]
    return calendar.timegm(info.date_time + (0, 0, 0))


def of_zip(path):
    with zipfile.ZipFile(path) as archive:
        if archive.testzip():
            sys.exit(f"{path}: {archive.testzip()} is damaged")
        for info in archive.infolist():
            body = None if info.is_dir() else archive.read(info)
            yield info.filename.rstrip("/"), zip_time(info), body


def of_tree(root):
    for place, folders, names in os.walk(root):
        for name in folders + names:
            path = os.path.join(place, name)
            body = None
            if name in names:
                body = pathlib.Path(path).read_bytes()
            yield (os.path.relpath(path, root), int(os.stat(path).st_mtime),
                   body)


def of_maildirs(root):
    """As if they were .eml files: Maildir++ without odd names."""
    for path, time, body in of_tree(root):
        parts = path.split("/")
        if len(parts) < 5 or parts[-2] not in ("cur", "new"):
            continue
        domain, name, _, *folder = parts[:-2]
        folder = folder[0][1:].replace(".", "/") if folder else "INBOX"
        yield f"{name}@{domain}/{folder}/x.eml", time, body


def files(place):
    if place.endswith(".tar"):
        return of_tar(place)
    if place.endswith(".zip"):
        return of_zip(place)
    if any(pathlib.Path(place).glob("*/*/Maildir")):
        return of_maildirs(place)
    return of_tree(place)


def messages(place):
    for path, time, body in files(place):
        if body is not None:
            account, _, rest = path.partition("/")
            folder = rest.rpartition("/")[0]
            yield (account, folder, str(time),
                   hashlib.sha256(body).hexdigest())


def check_names(place):
    seen = {}
    for path, _, _ in files(place):
        for level in path.split("/"):
            if (FORBIDDEN.search(level) or DEVICE.match(level)
                    or level[0] == "." or level[-1] in ". "
                    or len(level.encode()) > 143):
                print(f"not everywhere a name: {path!r}")
        folded = unicodedata.normalize("NFKC", path).casefold()
        if seen.setdefault(folded, path) != path:
            print(f"one for some: {path!r} and {seen[folded]!r}")
        print(path)


def main(verb, place):
    if verb == "names":
        check_names(place)
    elif verb == "list":
        print(*sorted("\t".join(m) for m in messages(place)), sep="\n")
    else:
        print(*sorted(m[-1] for m in messages(place)), sep="\n")


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in ("list", "contents", "names"):
        sys.exit(__doc__)
    main(*sys.argv[1:])
