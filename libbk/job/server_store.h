/* A mail server as a store: its passwords, its pace, how one logs in. */

#ifndef BK_JOB_SERVER_STORE_H
#define BK_JOB_SERVER_STORE_H

#include "base/err.h"
#include "job/server.h"
#include "job/settings.h"
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
	struct bk_store_server server;
};

/*
 * Fetches the passwords of the server that a store is on, maybe by asking, and
 * gives the store's config what its driver needs.  Connects to nothing; does
 * nothing for a store that is on no server.  Errors are those of
 * bk_link_open().
 */
int bk_server_store_open(struct bk_server_store *out,
			 struct bk_store_settings *store, struct bk_err *err);
void bk_server_store_close(struct bk_server_store *opened);

/* Is it the mail of one account: a URL with a user, who logs in himself? */
bool bk_server_is_account(const struct bk_server_settings *server);

#endif
