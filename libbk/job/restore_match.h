/*
 * Which messages of a set are in a folder already: by name, then by content,
 * one for one.  Bytes in memory only; whoever has the folder looks at sizes
 * and reads what has to be read.
 *
 *	bk_match_names          same name: confirm it, or bk_match_part
 *	bk_match_candidates     those worth reading, by their size
 *	bk_match_content        for each of them
 */

#ifndef BK_JOB_RESTORE_MATCH_H
#define BK_JOB_RESTORE_MATCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mail/message.h"
#include "repo/rows.h"

#define BK_MATCH_NONE UINT32_MAX

struct bk_match {
	const struct bk_row_list *rows;
	const struct bk_message_list *present;
	uint32_t *row_of;     /* of each message present: its row or NONE */
	uint32_t *present_of; /* of each row */
	uint32_t *by_digest;  /* rows, by digest; made when first asked for */
	bool wire; /* those that are there have CRLF, the rows may have LF */
};

/* Neither list may change as long as the match is used; both are below
 * UINT32_MAX long. */
void bk_match_init(struct bk_match *match, const struct bk_row_list *rows,
		   const struct bk_message_list *present);
void bk_match_clear(struct bk_match *match);

/* Pairs rows with messages of the same name.  Where a name is there twice, the
 * first of each are paired. */
void bk_match_names(struct bk_match *match);

/* They are not the same after all. */
void bk_match_part(struct bk_match *match, uint32_t row);

/* Messages without a row whose size (which must be known by now) is that of a
 * row without a message, or may be with other ends of lines: *n indexes, which
 * the caller frees. */
uint32_t *bk_match_candidates(const struct bk_match *match, size_t *n);

/* Pairs a message of this content with a row of the same that has none. */
bool bk_match_content(struct bk_match *match, uint32_t present,
		      const uint8_t digest[BK_DIGEST_LEN]);

#endif
