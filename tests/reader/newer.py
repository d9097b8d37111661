#!/usr/bin/python3
"""A set as a later version of bk would make it: its root says that it was made by
bk 3.1.0 and wants a reader of format 1.9, and is signed rightly.

    newer.py REPO PASSWORD_FILE SET
"""

import pathlib
import sys

sys.dont_write_bytecode = True
from forge import Piece  # noqa: E402 (it lies beside this file)
from sets import Repository  # noqa: E402

# Record 5: the lowest reader, then the tool.
MADE, LATER = b"\x01\x00bk 0.1.0", b"\x01\x09bk 3.1.0"


def main(path, password, name):
    repo = Repository(path)
    repo.open_by_password(password)
    root = next(each for each in repo.visible() if each.id.hex() == name)
    piece = Piece(root.file)
    if piece.blocks[0][3].count(MADE) != 1:
        sys.exit(f"{name}: {MADE} is not in its root, once")
    piece.replace(MADE, LATER)
    piece.sign()
    (pathlib.Path(path) / piece.place).write_bytes(piece.close()[0])


if __name__ == "__main__":
    main(*sys.argv[1:])
