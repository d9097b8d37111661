/*
 * Where a password comes from.  A secret is never an argument, so the
 * configuration and --password name a place instead:
 *
 *   file:PATH        a file that nobody else may read
 *   fd:N             one line from a descriptor that was handed in
 *   command:ARGV...  what a command prints; split at blanks, with '' and ""
 *                    around what has blanks inside; there is no shell
 *   env:NAME         an environment variable
 *   credential:NAME  a systemd credential ($CREDENTIALS_DIRECTORY/NAME)
 *   prompt           the terminal, without echo
 *
 * One line end behind the password is taken off.  A password is 1 to
 * BK_PASSWORD_MAX bytes, without NUL and line ends.
 */

#ifndef BK_CRYPTO_PASSWORD_H
#define BK_CRYPTO_PASSWORD_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "crypto/secret.h"

/* Tokens of OAuth2 are passwords here, and long. */
#define BK_PASSWORD_MAX ((size_t)16384)

/*
 * *out becomes the password that `spec` leads to.  `what` is for the prompt:
 * "password for /var/lib/bk/main"; `twice` has it typed a second time, as when
 * it is new.  BK_MISUSE when there is none to be had there (no such file, one
 * that others may read, an empty one, an unknown word before the colon),
 * BK_CANCELLED when the prompt was left.  The text never contains `spec` as a
 * whole: somebody may have written the password itself there.
 * Blocks on the command (a minute at most) and on the person at the terminal.
 */
int bk_password_get(struct bk_secret *out, const char *spec, const char *what,
		    bool twice, struct bk_err *err);

#endif
