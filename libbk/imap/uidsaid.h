/* Responses and codes that are about UIDs.  All add to sets; after -1
 * (BK_CORRUPT) what is in them has no meaning. */

#ifndef BK_IMAP_UIDSAID_H
#define BK_IMAP_UIDSAID_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "imap/response.h"
#include "mail/uid_set.h"

/* More ranges than this in a set are BK_CORRUPT, and so are more UIDs than
 * there are (2^32-1). */
#define BK_IMAP_RANGES_MAX ((size_t)1 << 22)

/*
 * "1:5,7,9:8": no '*', no 0, no blanks, not empty.  A range said backwards
 * means the same forwards (RFC 9051), so that COPYUID's sets stay in step.
 */
int bk_imap_parse_uids(struct bk_view text, struct bk_uid_set *out,
		       struct bk_err *err);

/* "(EARLIER) 1:5": the rest of VANISHED (RFC 7162). */
int bk_imap_parse_vanished(struct bk_view rest, bool *earlier,
			   struct bk_uid_set *out, struct bk_err *err);

/*
 * SEARCH and ESEARCH, to a UID SEARCH: all that they say, in their order.  An
 * ESEARCH that does not say UID has sequence numbers in it, and one whose COUNT
 * is not that of ALL lies: BK_CORRUPT.
 */
int bk_imap_parse_search(const struct bk_imap_response *response,
			 struct bk_uid_set *out, struct bk_err *err);

/*
 * "APPENDUID 7 3:5" and "COPYUID 7 3:5 9:11"; from may be NULL.  Other codes:
 * *uid_validity is 0, and the sets are left alone.  COPYUID's sets have equal
 * counts; both may be missing (nothing was copied).
 */
int bk_imap_parse_uidplus(struct bk_view code, uint32_t *uid_validity,
			  struct bk_uid_set *from, struct bk_uid_set *to,
			  struct bk_err *err);

#endif
