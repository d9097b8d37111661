/*
 * A mail server of a test's own on loopback, and stores that lie on it: each on
 * an account that nobody has used yet.
 */

#ifndef BK_TESTS_IMAP_PLACE_H
#define BK_TESTS_IMAP_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "lib/scratch.h"
#include "store/store.h"

enum imap_server { IMAP_DOVECOT, IMAP_CYRUS };

/* Can it be started?  Says why not, as a test file that is skipped. */
bool imap_place_can(enum imap_server which);

/* Starts it; `local` has lines for its configuration, or is "". */
void imap_place_start(enum imap_server which, const char *local);
void imap_place_stop(void);

/* A store on a new account; `without`: enum bk_imap_cap. */
void imap_place_config(struct bk_arena *arena, uint32_t without,
		       struct bk_store_config *config);
/* The account's name, until the next one; and a store on the same one again,
 * with another connection. */
extern char imap_place_account[24];
void imap_place_config_same(struct bk_arena *arena, uint32_t without,
			    struct bk_store_config *config);
/* A store on a new account that keeps the UIDs it is given: of a Dovecot by its
 * doveadm on this host, of a Cyrus by its administrator, who logs in. */
void imap_place_keeping_uids(const struct scratch *scratch,
			     struct bk_arena *arena,
			     struct bk_store_config *config);
void imap_place_release(struct bk_store_config *config);

/* The same as drivers of contract/store.h: with all that the server can do, as
 * if it could do little, and as Gmail. */
void imap_place_all(const struct scratch *scratch, struct bk_arena *arena,
		    struct bk_store_config *config);
void imap_place_little(const struct scratch *scratch, struct bk_arena *arena,
		       struct bk_store_config *config);
void imap_place_like_gmail(const struct scratch *scratch,
			   struct bk_arena *arena,
			   struct bk_store_config *config);

#endif
