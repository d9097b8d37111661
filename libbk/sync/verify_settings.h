/*
 * Is what hangs on folders and account the same: subscriptions, rights,
 * annotations, Sieve scripts?  For verify.c alone.
 */

#ifndef BK_SYNC_VERIFY_SETTINGS_H
#define BK_SYNC_VERIFY_SETTINGS_H

#include <stdint.h>

#include "sync/journal.h"
#include "sync/sync.h"

struct bk_verify_settings {
	const struct bk_sync_verify *request;
	struct bk_sync_verified *out;
	int64_t account;                       /* in the journal; 0: none */
	bool annotations;                      /* both ends tell them */
	const struct bk_folder_list *from;     /* the source's */
	const struct bk_journal_rights *given; /* what passes gave whom */
};

/* Asks for rights and annotations of the folders of both lists. */
int bk_verify_ask(struct bk_verify_settings *v, struct bk_folder_list *from,
		  struct bk_folder_list *to, struct bk_err *err);
/* Two folders that are the same one, but for their messages; `row` of it in the
 * journal, or 0. */
void bk_verify_folder(struct bk_verify_settings *v,
		      const struct bk_folder *from, const struct bk_folder *to,
		      int64_t row);
/* The account's scripts and annotations; nothing where an end has none. */
int bk_verify_texts(struct bk_verify_settings *v, struct bk_err *err);

#endif
