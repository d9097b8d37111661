/*
 * What every driver of store/store.h must do: one suite, run on each of them
 * with a fresh, empty store a test.
 */

#ifndef BK_TESTS_CONTRACT_STORE_H
#define BK_TESTS_CONTRACT_STORE_H

#include <stdbool.h>

#include "lib/scratch.h"
#include "store/store.h"

struct store_driver {
	const char *name;
	/* Fills in a config for an empty store in `scratch`; its strings may
	 * be kept in `arena`. */
	void (*prepare)(const struct scratch *scratch, struct bk_arena *arena,
			struct bk_store_config *config);
	const char *address; /* of an account that the store can hold */
	bool many;           /* it can hold others besides */
	bool has_acl;
	size_t max_keywords; /* of a folder */
	/* Of a server: lines end in CRLF, a message has a byte at least and no
	 * NUL, messages have no names and UIDs are the server's; there is an
	 * INBOX from the start. */
	bool wire;
	/* What a message is called is the store's own, and a flag that IMAP has
	 * none for is a keyword. */
	bool own_names;
	void (*release)(struct bk_store_config *config); /* or NULL */
};

/* Runs all tests on each driver: the number of those that failed. */
int store_contract(const struct store_driver *drivers, size_t n);

#endif
