/* A secret that a command prints. */

#ifndef BK_CRYPTO_ASKCOMMAND_H
#define BK_CRYPTO_ASKCOMMAND_H

#include "base/err.h"
#include "crypto/secret.h"

/*
 * Runs the command and reads what it prints into *out, which has been
 * allocated: its length is one more than the longest answer, and becomes that
 * of the answer.  `line` is split at blanks; '...' and "..." keep blanks
 * together; nothing else is special, and no shell is involved.
 *
 * The command has no input, this process's standard error, no other
 * descriptors, and an environment of PATH, HOME and a few names that agents
 * need.  BK_MISUSE when it cannot be run, fails, prints too much, or is not
 * done within `timeout_ms`: it is ended then.
 */
int bk_ask_command(struct bk_secret *out, const char *line, int timeout_ms,
		   struct bk_err *err);

#endif
