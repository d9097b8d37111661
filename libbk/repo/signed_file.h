/*
 * Set roots, intents, trash lists and holds as files: records in a container,
 * signed by the host that wrote them.  bk-format(5), SIGNED FILES.
 */

#ifndef BK_REPO_SIGNED_FILE_H
#define BK_REPO_SIGNED_FILE_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "repo/container.h"

/* Signs the records as this host and puts the file.  `records` are without
 * signature and get one. */
int bk_signed_file_write(const struct bk_repo *repo, const char *name,
			 const struct bk_file_id *id, struct bk_buf *records,
			 struct bk_file_sum *sum, struct bk_err *err);

/* What was read, and by whom it was written. */
struct bk_signed_file {
	struct bk_buf all;      /* records and signature; owns what records */
	struct bk_view records; /* views */
	uint8_t host[16];
	uint32_t generation;           /* of the keys */
	uint32_t features;             /* compatible ones, of its header */
	uint8_t sha256[BK_SHA256_LEN]; /* of the body */
};

/* BK_CORRUPT also for a wrong signature; BK_NO_KEY when the keys held cannot
 * tell.  *out is {0} before; the caller clears it, after a failure too. */
int bk_signed_file_read(const struct bk_repo *repo, const char *name,
			const struct bk_file_id *id, struct bk_signed_file *out,
			struct bk_err *err);
void bk_signed_file_clear(struct bk_signed_file *file);

#endif
