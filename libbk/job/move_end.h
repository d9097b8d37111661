/*
 * One end of a move: a mail server by the name of its section or its URL, or
 * any store by its section or as maildir:/path/%d/%n/Maildir.  Each thread
 * opens stores of its own from it.
 */

#ifndef BK_JOB_MOVE_END_H
#define BK_JOB_MOVE_END_H

#include <stdbool.h>

#include "base/err.h"
#include "job/move_accounts.h"
#include "job/server.h"
#include "job/server_store.h"
#include "job/settings.h"
#include "store/store.h"

struct bk_move_end {
	const char *word; /* as it was named */
	const char *name; /* for people */
	bool source;
	struct bk_set *set;   /* its mail comes from there, not from itself */
	const char *identity; /* of itself then */
	bool remote;          /* a mail server: */
	struct bk_server_settings settings;
	struct bk_store_settings store; /* what stores are opened from */

	struct bk_server_store server; /* a server's, while it is open */
	const struct bk_move_accounts *accounts; /* for their passwords */
};

/* Finds out what is meant; connects to nothing.  BK_MISUSE. */
int bk_move_end_find(struct bk_move_end *out, struct bk_settings *settings,
		     const char *word, const struct bk_opt_list *options,
		     bool source, struct bk_err *err);

/* From now on its mail is read from a set; `arena` is for its identity.  It
 * remains what it is in journals and routes. */
void bk_move_end_read_set(struct bk_move_end *end, struct bk_set *set,
			  struct bk_arena *arena);

/* Fetches its passwords, maybe by asking; nothing if it is open.  The accounts
 * outlive it, and it stays where it is. */
int bk_move_end_open(struct bk_move_end *end,
		     const struct bk_move_accounts *accounts,
		     struct bk_err *err);
/* Logs in to its doveadm, where it has one; as a program on this host it opens
 * the account. */
int bk_move_end_try(const struct bk_move_end *end, const char *address,
		    struct bk_err *err);
void bk_move_end_close(struct bk_move_end *end);

/* What it is, however it is spelt.  The caller's to free. */
char *bk_move_end_identity(const struct bk_move_end *end);

/* Does it list its accounts; or may it, when it is asked? */
bool bk_move_end_lists(const struct bk_move_end *end);
bool bk_move_end_may_list(const struct bk_move_end *end);

/* What parts levels of folders there, where folders do not show it; or 0. */
char bk_move_end_delimiter(const struct bk_move_end *end);

#endif
