/*
 * The small files that Dovecot keeps beside the mail, as text in and text out:
 *
 *	dovecot-keywords  "0 $Forwarded\n1 Work\n": which keyword the letters
 *	                  a to z stand for in this folder
 *	subscriptions     "V\t2\n\nSent\nWork\t2026\n": levels between tabs; the
 *	                  older form has a name a line, "Work.2026"
 *	dovecot-acl       "user=ann lrws\n"
 *	maildirsize       "1000000S,500C\n" and what was added since
 *
 * They are a user's own: any bytes may be in them.
 */

#ifndef BK_STORE_DOVECOT_FILES_H
#define BK_STORE_DOVECOT_FILES_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "mail/message.h"
#include "store/name_table.h"

#define BK_KEYWORD_LETTERS 26

/* name[0] is what 'a' stands for, NULL if nothing. */
struct bk_keyword_letters {
	const char *name[BK_KEYWORD_LETTERS];
};

/* Names live in `arena`. */
void bk_keyword_letters_read(struct bk_keyword_letters *letters,
			     struct bk_view text, struct bk_arena *arena);
void bk_keyword_letters_write(const struct bk_keyword_letters *letters,
			      struct bk_buf *out);
/* The letter of a keyword, taking a free one for a new keyword (the name must
 * live as long as the letters): 0 to 25, or -1 when all are taken. */
int bk_keyword_letters_find(struct bk_keyword_letters *letters,
			    const char *keyword);

/* Names of folders as they are spelt on disk, without a leading '.'. */
struct bk_subscriptions {
	struct bk_arena arena;
	const char **names; /* owned */
	size_t n, cap;
	struct bk_name_table table; /* of them */
	bool version2;              /* with "V\t2" at its head */
};

/* `separator` stands between levels in the older form, and will in `names`. */
void bk_subscriptions_read(struct bk_subscriptions *subs, struct bk_view text,
			   char separator);
void bk_subscriptions_write(const struct bk_subscriptions *subs, char separator,
			    struct bk_buf *out);
bool bk_subscriptions_has(struct bk_subscriptions *subs, const char *name);
/* false if it was there already, or cannot be written. */
bool bk_subscriptions_add(struct bk_subscriptions *subs, const char *name);
/* Takes it away, for good: it is not added again to the same ones.  false if it
 * was not there. */
bool bk_subscriptions_drop(struct bk_subscriptions *subs, const char *name);
void bk_subscriptions_clear(struct bk_subscriptions *subs);

/* Into folder->acl, in the folder's arena; Courier's courierimapacl too. */
void bk_acl_read(struct bk_folder *folder, struct bk_view text);
/* Courier's rights are translated.  false when an entry had to be left out:
 * Dovecot does not know its identifier, or it needs more than a line. */
bool bk_acl_write(const struct bk_folder *folder, struct bk_buf *out);

/* The next line of text, without its end; false at the end. */
bool bk_line_next(struct bk_view *text, struct bk_view *line);

#endif
