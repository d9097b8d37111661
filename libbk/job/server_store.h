/* A mail server as a store: its passwords, its pace, how one logs in, which
 * accounts it has. */

#ifndef BK_JOB_SERVER_STORE_H
#define BK_JOB_SERVER_STORE_H

#include "base/err.h"
#include "base/pattern.h"
#include "crypto/secret.h"
#include "job/move_accounts.h"
#include "job/server.h"
#include "job/settings.h"
#include "net/access.h"
#include "net/url.h"
#include "store/store.h"

struct bk_link;

/* {0} is a valid empty one.  It stays where it is while it is open. */
struct bk_server_store {
	struct bk_url url;
	struct bk_link *link;
	struct bk_url sieve_url;
	struct bk_link *sieve;
	struct bk_access sieve_access; /* the same, but for passwords */
	struct bk_bucket *down, *up;
	struct bk_access doveadm_access;
	struct bk_move_accounts accounts; /* of accounts-file */
	struct bk_names names;            /* their addresses */
	struct bk_store_server server;
};

/*
 * Fetches the passwords of the server that a store is on, maybe by asking,
 * reads the file of its accounts, and gives the store's config what its driver
 * needs.  Connects to nothing; does nothing for a store that is on no server.
 * Errors are those of bk_link_open() and bk_move_accounts_read().
 */
int bk_server_store_open(struct bk_server_store *out,
			 struct bk_store_settings *store, struct bk_err *err);
void bk_server_store_close(struct bk_server_store *opened);

/* The password that the file has of an account; an empty one: none. */
void bk_server_store_secret(const struct bk_server_store *opened,
			    const char *address, struct bk_secret *out);

/* Is it the mail of one account: a URL with a user, who logs in himself? */
bool bk_server_is_account(const struct bk_server_settings *server);

/* May it be asked which accounts it has? */
bool bk_server_may_list(const struct bk_server_settings *server);

#endif
