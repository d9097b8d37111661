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
	 * NUL, and messages have no names; there is an INBOX from the start. */
	bool wire;
	bool gives_uids; /* its own, whatever it is told */
	/* Looks at headers: a message whose header is none is refused, and
	 * 8-bit bytes in it become an X. */
	bool looks_at_headers;
	bool epoch_is_now;        /* the first second of 1970 is no date */
	const char *not_in_names; /* a folder with one of these is refused */
	/* What a message is called is the store's own, and a flag that IMAP has
	 * none for is a keyword. */
	bool own_names;
	void (*release)(struct bk_store_config *config); /* or NULL */
};

/* Runs all tests on each driver: the number of those that failed. */
int store_contract(const struct store_driver *drivers, size_t n);

#endif
