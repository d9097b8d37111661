/*
 * Which account goes to which of several servers: a pure function.
 *
 * An account that has a place keeps it.  The others go, the largest first, to
 * where there is most room left for the server's share: to the one whose mail,
 * with that of the account, is least for its weight.  So no two servers that
 * have room differ, in mail for a unit of weight, by more than the largest
 * account that was placed on the fuller one; the same accounts, servers and
 * sizes give the same places, in whatever order the accounts come; and a
 * server that is added takes only accounts that had no place.
 */

#ifndef BK_JOB_PLACING_H
#define BK_JOB_PLACING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What an account counts beside its mail, so that empty ones are spread, too.
 */
#define BK_PLACING_EACH    16384

#define BK_PLACING_NOWHERE SIZE_MAX

struct bk_placing_server {
	uint64_t weight;   /* its share, at least 1 */
	uint64_t capacity; /* bytes of mail in all; UINT64_MAX: any number */
	uint64_t free;     /* bytes that are to come; UINT64_MAX: any number */
	/* Mail and number of accounts that have their place there and are not
	 * in the list. */
	uint64_t bytes;
	size_t accounts;
};

/* What a server would take of one account. */
struct bk_placing_room {
	bool may;       /* it can live there */
	uint64_t bytes; /* its quota there; UINT64_MAX: any number */
};

struct bk_placing_account {
	const char *address;
	uint64_t bytes;
	size_t at;    /* which server; BK_PLACING_NOWHERE: none yet */
	bool arrived; /* of one that has a place: its mail is there already */
	const struct bk_placing_room *rooms; /* one for each server; of one
						that has a place, NULL */
};

/* Fills in `at` where it can; there is no room for those that have
 * BK_PLACING_NOWHERE afterwards.  The servers' bytes and accounts are those of
 * all accounts then, and `free` is what is left. */
void bk_placing_make(struct bk_placing_server *servers, size_t n,
		     struct bk_placing_account *accounts, size_t n_accounts);

/* What a server has to do. */
struct bk_placing_lane {
	size_t left;      /* accounts that wait */
	unsigned running; /* that are under way */
	uint32_t most;    /* so many at a time; 0: any number */
};

/* Where the next account is begun: where the fewest are under way; of those
 * where most wait.  BK_PLACING_NOWHERE: none may be. */
size_t bk_placing_next(const struct bk_placing_lane *lanes, size_t n);

#endif
