/*
 * A key file: opens one slot of one repository at once, so that the password
 * itself need not lie on a host.  One line of text; bk-format(5), Key file.
 */

#ifndef BK_REPO_KEYFILE_H
#define BK_REPO_KEYFILE_H

#include <stdint.h>

#include "base/err.h"
#include "crypto/secret.h"
#include "repo/id.h"

#define BK_KEYFILE_LEN 153 /* with its line end */

struct bk_keyfile {
	uint8_t repository[BK_ID_LEN];
	uint8_t slot[BK_ID_LEN];
	struct bk_secret key; /* BK_KEY_LEN bytes; clear it */
};

/* BK_MISUSE when it is not there, others may read it, or it is not a key file
 * that is whole. */
int bk_keyfile_read(const char *path, struct bk_keyfile *out,
		    struct bk_err *err);

/* Writes it, mode 0600; BK_EXISTS when there is a file of that name. */
int bk_keyfile_write(const char *path, const struct bk_keyfile *keyfile,
		     struct bk_err *err);

#endif
