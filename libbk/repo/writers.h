/*
 * Sets under way: what the intents in a repository say.  bk-format(5), Intent.
 * They are hints, so that nobody's work is made in vain; what must not be lost
 * does not hang on them.
 */

#ifndef BK_REPO_WRITERS_H
#define BK_REPO_WRITERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/id.h"
#include "repo/intent.h"
#include "repo/repo.h"

/* An intent that does not open counts for so long after its set was begun. */
#define BK_WRITER_UNKNOWN_MS ((int64_t)30 * 24 * 3600 * 1000)

struct bk_writer {
	uint8_t set[BK_ID_LEN];
	uint32_t number;         /* of the intent */
	struct bk_intent intent; /* {0} where it does not open */
};

/* {0} is a valid empty one. */
struct bk_writers {
	struct bk_writer *items; /* owned */
	size_t n, cap;
};

/* A listing that fails is an error, never an empty one. */
int bk_writers_read(const struct bk_repo *repo, struct bk_writers *out,
		    struct bk_err *err);
void bk_writers_clear(struct bk_writers *writers);

/* May it be taken for dead at that moment? */
bool bk_writer_is_dead(const struct bk_writer *writer, int64_t now_ms);

#endif
