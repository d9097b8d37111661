/*
 * Which messages of two folders are the same, where no history tells: by their
 * headers and sizes, and where that is not enough by all of their bytes.  One
 * for one: what is twice at the one side and once at the other is matched
 * once.
 */

#ifndef BK_SYNC_MATCH_H
#define BK_SYNC_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/store.h"

/* Messages of a scan.  Their sizes and dates are set. */
struct bk_match_side {
	struct bk_store *store;
	const struct bk_account *account;
	const struct bk_folder *folder;
	struct bk_message *const *msgs;
	size_t n;
	enum bk_end is; /* for errors: which end it is */
};

/* An index of the other side's messages, or: */
#define BK_MATCH_NOBODY UINT32_MAX

/*
 * Sets partner[i] for each of `from`.  What cannot be read matches nothing.
 *
 * An equal header and an equal size are believed where no other message has
 * them and the dates are equal as well; otherwise the messages are read.  So
 * are messages that have only size and date in common, since servers do not
 * agree on where a header ends that is none.
 */
int bk_sync_match(const struct bk_match_side *from,
		  const struct bk_match_side *to, uint32_t *partner,
		  struct bk_err *err);

/* All bytes of a message, but for its line ends and what servers cannot show
 * (mail/identity.h). */
struct bk_match_digest {
	bool read; /* false: it is gone or cannot be read */
	uint8_t whole[BK_DIGEST_LEN];
};

/* out[i] for each message of a side, which is read. */
int bk_match_read(const struct bk_match_side *side, struct bk_match_digest *out,
		  struct bk_err *err);

#endif
