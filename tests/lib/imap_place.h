/*
 * A Dovecot of a test's own on loopback, and stores that lie on it: each on an
 * account that nobody has used yet.
 */

#ifndef BK_TESTS_IMAP_PLACE_H
#define BK_TESTS_IMAP_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "lib/scratch.h"
#include "store/store.h"

/* Is there a Dovecot that could be started? */
bool imap_place_can(void);

/* Starts it; `local` has lines for its configuration, or is "". */
void imap_place_start(const char *local);
void imap_place_stop(void);

/* A store on a new account; `without`: enum bk_imap_cap. */
void imap_place_config(struct bk_arena *arena, uint32_t without,
		       struct bk_store_config *config);
/* The account's name; on the same one again, with another connection. */
const char *imap_place_account(void);
void imap_place_config_same(struct bk_arena *arena, uint32_t without,
			    struct bk_store_config *config);
void imap_place_release(struct bk_store_config *config);

#endif
