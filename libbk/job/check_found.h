/*
 * What a check found, in all places, kept until all of them were looked at:
 * only then is known where good copies are, and by which command each finding
 * is mended.
 */

#ifndef BK_JOB_CHECK_FOUND_H
#define BK_JOB_CHECK_FOUND_H

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "repo/condemned.h"
#include "repo/id.h"
#include "repo/set.h"

/* What is to be done about it. */
enum bk_check_cure {
	BK_CURE_COPY,   /* get a good copy of the set's files, or make a new
			   full set */
	BK_CURE_SHIP,   /* the set lacks at a copy, no more */
	BK_CURE_FETCH,  /* the set lacks in the repository, no more */
	BK_CURE_REMOVE, /* the file does not belong there */
	BK_CURE_SLOT,   /* get a good copy of the key slot, or make a new one */
	BK_CURE_HOLD,   /* get a good copy of the file, which nobody ships */
	BK_CURE_SPREAD, /* compute it from the other targets that the
			   repository is spread over */
	BK_CURE_AGAIN,  /* check again, when the place can be reached */
};

/* One finding. */
struct bk_check_item {
	size_t place; /* 0: the repository; 1...: its copies */
	enum bk_kind kind;
	enum bk_check_cure cure;
	char *text;             /* owned */
	uint8_t set[BK_ID_LEN]; /* zero: of none */
	char file[BK_NAME_MAX]; /* that is wrong, or "" */
	const char *instead;    /* what is said where no command helps */
};

/* A set in one place. */
struct bk_check_set {
	uint8_t id[BK_ID_LEN];
	uint8_t host[BK_ID_LEN];
	enum bk_set_kind kind; /* 0: its root does not open */
	char *store;           /* owned; name, or NULL */
	bool whole;            /* nothing was found */
	bool parity;           /* its larger files have some */
};

/* One place, when it was looked at. */
struct bk_check_place {
	const char *name; /* NULL: the repository */
	const char *where;
	bool reached;
	struct bk_err why;         /* it was not */
	struct bk_check_set *sets; /* owned */
	size_t n_sets;
	struct bk_condemned gone; /* what prunes there took away */
	uint64_t files, bytes;    /* packs that were looked at; bytes read */
	uint64_t messages;
	double seconds;
};

/* {0} with a lock is a valid empty one. */
struct bk_check_found {
	pthread_mutex_t lock;
	struct bk_check_item *items; /* owned */
	size_t n, cap;
	uint64_t n_messages; /* findings about messages, which were told */
	struct bk_check_place *places; /* owned; 0 is the repository */
	size_t n_places;
};

void bk_check_found_init(struct bk_check_found *found, size_t n_places);
void bk_check_found_clear(struct bk_check_found *found);

/* Copies *item but for `file`, which is the first name of a repository's file
 * in its text.  False: there is a finding about that file in that place
 * already.
 */
bool bk_check_found_add(struct bk_check_found *found,
			const struct bk_check_item *item);

/* Is nothing damaged, and something only lacks somewhere? */
bool bk_check_item_lacks(const struct bk_check_item *item);

/* The set in that place, or NULL. */
const struct bk_check_set *bk_check_place_set(
	const struct bk_check_place *place, const uint8_t id[BK_ID_LEN]);

/* Does some finding in that place concern the set? */
bool bk_check_found_has(const struct bk_check_found *found, size_t place,
			const uint8_t set[BK_ID_LEN]);

#endif
