#!/usr/bin/python3
"""What a mail reader shows of a mail that bk sent, by Python's email package.

    read_notice.py FILE [HEADER...]   headers, decoded; then the text, and the
                                      accounts and states of the JSON, the
                                      last word is for how long each was
                                      held, and what went along; of a job's,
                                      its result, and the targets that lack
                                      something
"""

import email
import email.policy
import json
import sys

with open(sys.argv[1], "rb") as file:
    raw = file.read()
mail = email.message_from_bytes(raw, policy=email.policy.default)
if mail.defects or any(part.defects for part in mail.walk()):
    sys.exit("it is no whole mail")
if max(len(line) for line in raw.splitlines()) > 998:
    sys.exit("a line is too long")
for name in sys.argv[2:]:
    print(f"{name}: {mail[name]}")
print(mail.get_body(("plain",)).get_content(), end="")
for part in mail.iter_attachments():
    told = json.loads(part.get_content())
    if told["type"] != "move":
        print("JSON", told["type"], told.get("job"), told.get("result"),
              told.get("status"), [t["target"] for t in told.get("targets", [])
                                   if not t["complete"]])
        continue
    for account in told["accounts"]:
        print("JSON", account["account"], account["state"],
              account["cutover"], account["copied"], account["held_s"])
        for row in account["carried"]:
            print("CARRIED", account["account"], row["what"], row["became"],
                  row["number"])
