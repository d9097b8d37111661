/* A secret typed at the terminal, without echo. */

#ifndef BK_CRYPTO_PROMPT_H
#define BK_CRYPTO_PROMPT_H

#include "base/err.h"
#include "crypto/secret.h"

/*
 * Writes `text` to the controlling terminal and reads a line into *out, which
 * has been allocated: its length says how much is read at most, and becomes
 * that of the line without its end.  BK_MISUSE when there is no terminal.
 *
 * SIGHUP, SIGINT, SIGQUIT, SIGTERM and SIGTSTP take effect only after the
 * terminal was put back as it was; after a stop it asks again; where the
 * process survives one of the others, BK_CANCELLED.
 */
int bk_prompt(struct bk_secret *out, const char *text, struct bk_err *err);

#endif
