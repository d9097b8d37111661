#!/usr/bin/python3
"""What occurs in a repository, a line for each kind of thing: does a test meet all
that the format has?

    census.py REPO KEY_FILE
"""

import struct
import sys

sys.dont_write_bytecode = True
# What follows lies beside this file.
from binary import Cursor  # noqa: E402
from container import MANIFEST  # noqa: E402
from manifests import Rows  # noqa: E402
from sets import KINDS, Repository  # noqa: E402


def records_of(file):
    for block in file.walk():
        cursor = Cursor(block.plain)
        while block.kind == 0 and cursor.left():
            yield cursor.u8(), cursor.string()


def operations_of(body):
    cursor = Cursor(body)
    cursor.varint()
    reader = Rows(cursor, None)
    while operation := cursor.u8():
        yield ["KEEP", "DROP", "FLAGS", "ADD"][operation - 1]
        if operation == 3:
            cursor.u8()
            [cursor.varint() for _ in range(cursor.varint() + 1)]
        elif operation == 4:
            reader.read()
            cursor.take(16)
        else:
            cursor.varint()


def body_of(row, one):
    body = row.body
    yield f"style {body.style}" + (" with exceptions" if body.exceptions else "")
    yield "a message without a trace" if not body.traces else "a message with a trace"
    for part in body.parts:
        form = "as it is"
        if part.encoded:
            form = "base64 in lines" if part.line and part.eol else "base64 in one line"
        yield f"a part {form}" + (", of pieces" if len(part.refs) > 1 else "")
    for ordinal, number in body.traces + body.skeletons + [r for p in body.parts for r in p.refs]:
        pack = one.repo.pack(one.table()[ordinal])
        yield f"a chunk of type {pack.rows[number][3]}"


def census(repo):
    for slot in repo.slots():
        yield f"a slot of type {slot[1].type}"
    for one in repo.visible():
        yield f"a set: {KINDS[one.kind]}" + (", in a bundle" if one.bundled else "")
        for row in one.table():
            yield ("an own pack" if row.flags & 1 else "a reused pack") + (
                " in a bundle" if row.flags & 8 else "")
            file = repo.pack(row).file
            for offset, *_ in repo.pack(row).table:
                codec = file.aead.decrypt(*sealed(file, offset))[0]
                yield ["a block as it is", "a compressed block"][codec]
        for kind, body in records_of(one.part(MANIFEST)):
            yield f"record {kind}"
            if kind == 7:
                yield from operations_of(body)
        for folder in repo.state(repo.chain(one)).folders.values():
            for row in folder.rows:
                if row.keywords:
                    yield "keywords"
                yield from body_of(row, repo.set(row.frame))


def sealed(file, offset):
    """What AESGCM.decrypt wants for the data block there."""
    length, number = struct.unpack("<II", file.part(offset, 8))
    return (struct.pack("<IQ", 0, number), file.part(offset + 12, length),
            struct.pack("<BBHII", file.type, 0, 0, number, length))


def main():
    repo = Repository(sys.argv[1])
    repo.open_by_keyfile(sys.argv[2])
    print(*sorted(set(census(repo))), sep="\n")


if __name__ == "__main__":
    main()
