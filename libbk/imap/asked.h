/*
 * Which messages were asked for, and which of them have come: a server may say
 * anything of any message at any time.  Private to the room.
 */

#ifndef BK_IMAP_ASKED_H
#define BK_IMAP_ASKED_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "mail/uid_set.h"

/* {0} is an empty one. */
struct bk_imap_asked {
	struct bk_uid_set wanted; /* sorted */
	struct bk_uid_set come;   /* sorted */
};

/* `uids` as RFC 9051's sequence-set: "1:*", "1:5,7"; '*' is the largest UID
 * that there can be.  BK_MISUSE for what is none. */
int bk_imap_asked_parse(struct bk_imap_asked *asked, const char *uids,
			struct bk_err *err);
void bk_imap_asked_set(struct bk_imap_asked *asked,
		       const struct bk_uid_set *uids);
void bk_imap_asked_clear(struct bk_imap_asked *asked);

bool bk_imap_asked_wants(const struct bk_imap_asked *asked, uint32_t uid);
/* It has come.  BK_CORRUPT when there are more of them than can be kept. */
int bk_imap_asked_comes(struct bk_imap_asked *asked, uint32_t uid,
			struct bk_err *err);
/* Appends those that were asked for and have not come. */
void bk_imap_asked_left(const struct bk_imap_asked *asked,
			struct bk_uid_set *left);

/* Of a sorted set, those that are not in another sorted one: appended. */
void bk_imap_uids_without(const struct bk_uid_set *all,
			  const struct bk_uid_set *these,
			  struct bk_uid_set *rest);

#endif
