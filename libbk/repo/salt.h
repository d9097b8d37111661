/* Salts that are never used twice, not even by a cloned machine. */

#ifndef BK_REPO_SALT_H
#define BK_REPO_SALT_H

#include <stdint.h>

#include "base/err.h"
#include "repo/container.h"
#include "repo/repo.h"

#define BK_SALT_LEN 32

/* For one file, with bk-format(5)'s hedge; BK_NO_KEY without this host's
 * writer key. */
int bk_salt_make(const struct bk_repo *repo, const struct bk_file_id *id,
		 uint8_t out[BK_SALT_LEN], struct bk_err *err);

#endif
