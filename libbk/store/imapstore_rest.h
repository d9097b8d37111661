/*
 * Where one message is in several folders, as it has several labels at Gmail
 * (X-GM-EXT-1): which messages of the folder that has all of them no other
 * folder shows.  What labels say is as
 * https://developers.google.com/workspace/gmail/imap/imap-extensions has it.
 *
 * A label whose folder IMAP does not show is as none: a message is rather taken
 * twice than left.
 */

#ifndef BK_STORE_IMAPSTORE_REST_H
#define BK_STORE_IMAPSTORE_REST_H

#include <stdbool.h>

#include "imap/imap.h"
#include "mail/message.h"

/* Marks folders of a list that show mail of others. */
void bk_imapstore_rest_mark(struct bk_folder_list *list);

/* The folders that show mail of their own; {0} before. */
struct bk_imapstore_shown {
	struct bk_imap_mailbox_list list; /* their names live here */
	struct bk_view *names;            /* owned, sorted */
	size_t n;
	const char *uses[8]; /* of some of them */
	size_t n_uses;
};
void bk_imapstore_shown_clear(struct bk_imapstore_shown *shown);

/* Asks for them: one round trip. */
int bk_imapstore_shown_ask(struct bk_imap *imap, struct bk_imapstore_shown *out,
			   struct bk_err *err);
/* Is the message in one of them? */
bool bk_imapstore_shown_has(const struct bk_imapstore_shown *shown,
			    const struct bk_imap_row *row);

#endif
