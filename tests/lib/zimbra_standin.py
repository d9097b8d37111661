#!/usr/bin/python3
"""A STAND-IN for zmprov of a Zimbra, which cannot be had as a package: not Zimbra
itself, only what a recipe of bk.conf(5) meets of it.

    zmprov ga|getAccount NAME [ATTRIBUTE...]
    zmprov ma|modifyAccount NAME ATTRIBUTE VALUE [ATTRIBUTE VALUE...]

Accounts are in accounts.json beside the folder that it is in; what their
zimbraMailTransport says is in the file transport there, for a Postfix.  While
there is a file `down`, nobody answers.

As ProvUtil and MailHost of zm-mailbox have it: `ga` prints "# name NAME", the
attributes and an empty line; errors go to standard error, the status is 2; both
zimbraMailHost and zimbraMailTransport at once are refused; a zimbraMailHost must
be a server of the Zimbra.  A name is a name, not a pattern.
"""

import fcntl
import json
import os
import sys

HOME = os.path.dirname(os.path.dirname(os.path.abspath(sys.argv[0])))
SINGLE = {"zimbraMailHost", "zimbraMailTransport", "zimbraAccountStatus"}


def fail(code, text):
    print(f"ERROR: {code} ({text})", file=sys.stderr)
    sys.exit(2)


def write(name, text):
    path = os.path.join(HOME, name)
    with open(path + ".new", "w", encoding="utf-8") as file:
        file.write(text)
    os.rename(path + ".new", path)


def change(account, changes):
    if {"zimbraMailHost", "zimbraMailTransport"} <= changes.keys():
        fail("service.INVALID_REQUEST", "invalid request: setting both "
             "zimbraMailHost and zimbraMailTransport in the same request is "
             "not allowed")
    for key, value in changes.items():
        if key not in SINGLE:
            fail("account.INVALID_ATTR_NAME", f"invalid attr name: {key}")
        if len(value) > 320:
            fail("account.INVALID_ATTR_VALUE", f"{key} value too long")
    if "zimbraMailHost" in changes:
        fail("service.INVALID_REQUEST", "invalid request: specified "
             "zimbraMailHost does not correspond to a valid server service "
             "hostname: " + changes["zimbraMailHost"])
    account.update(changes)


def zmprov(verb, name, *words):
    if os.path.exists(os.path.join(HOME, "down")):
        fail("zclient.IO_ERROR", "invoke Connection refused, server: localhost")
    with open(os.path.join(HOME, "accounts.json"), encoding="utf-8") as file:
        accounts = json.load(file)
    account = accounts.get(name.lower())
    if account is None:
        fail("account.NO_SUCH_ACCOUNT", f"no such account: {name}")
    if verb in ("ga", "getAccount"):
        print("# name", name)
        for key in sorted(account):
            if not words or key in words:
                print(f"{key}: {account[key]}")
        print()
    elif verb in ("ma", "modifyAccount") and words and len(words) % 2 == 0:
        change(account, dict(zip(words[::2], words[1::2])))
        write("accounts.json", json.dumps(accounts, indent=1))
        write("transport", "".join(
            f"{key} {value['zimbraMailTransport']}\n"
            for key, value in accounts.items()))
    else:
        print("usage: ", verb, *words)
        sys.exit(1)


def main():
    if len(sys.argv) < 3:
        sys.exit(1)
    with open(os.path.join(HOME, "lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        zmprov(*sys.argv[1:])


if __name__ == "__main__":
    main()
