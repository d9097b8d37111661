/*
 * Which packs a check reads that is to read a share of them, so that every
 * pack has its turn.
 *
 * A share of N % means: a pack is read again at the latest after 100/N runs,
 * and for the first time at most that many runs after it was first seen,
 * whatever comes and goes meanwhile and however many days pass between runs.
 * So a run reads what is due by that rule, and then what was not read for the
 * longest time, until it has read N % of all bytes.  A pack that was found
 * damaged is due in every run until it is whole.
 *
 * What was read when is kept in the state directory.  Without that (it is new,
 * or cannot be written) each day has another share.
 */

#ifndef BK_JOB_CHECK_SAMPLE_H
#define BK_JOB_CHECK_SAMPLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/id.h"

struct bk_sample_key {
	uint8_t owner[BK_ID_LEN];
	uint32_t ordinal;
};

/* One pack, for the caller to list. */
struct bk_sample_item {
	struct bk_sample_key key;
	uint64_t size;
	uint64_t last; /* run that read it, or before the one that saw it first;
			  0: it is damaged */
	bool chosen;   /* it is to be read now */
	bool bad;      /* and was found damaged: for bk_check_sample_save */
};

struct bk_sample_known {
	struct bk_sample_key key;
	uint64_t last;
};

/* {0} is a valid one that remembers nothing. */
struct bk_check_sample {
	char *path;                    /* owned, or NULL */
	uint64_t run;                  /* this one's number */
	struct bk_sample_known *known; /* owned; sorted by key */
	size_t n, cap;
};

/* What was read before of the repository in that place.  A file that cannot be
 * read or understood is as good as none.  Writes nothing. */
void bk_check_sample_load(struct bk_check_sample *out, const char *state_dir,
			  const char *where, const uint8_t repo[BK_ID_LEN]);

/* Fills in `last` and `chosen`.  `ppm` is the share in millionths, at least 1;
 * `turn` any number that is another one each day. */
void bk_check_sample_choose(const struct bk_check_sample *sample,
			    struct bk_sample_item *items, size_t n,
			    uint32_t ppm, uint64_t turn);

/* What is chosen was read; `bad` says which of these are damaged. */
int bk_check_sample_save(const struct bk_check_sample *sample,
			 const struct bk_sample_item *items, size_t n,
			 struct bk_err *err);
void bk_check_sample_clear(struct bk_check_sample *sample);

#endif
