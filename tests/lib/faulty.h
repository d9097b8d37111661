/*
 * A target around another one that fails as it is told, as remote drivers do:
 * one attempt of each act.  It counts what it is asked for, and needs to know
 * the lengths of puts, unless it is told that it need not.
 */

#ifndef BK_TESTS_FAULTY_H
#define BK_TESTS_FAULTY_H

#include <pthread.h>

#include "target/wrapper.h"

enum faulty_act {
	FAULTY_BEGIN,
	FAULTY_WRITE,
	FAULTY_COMMIT,
	FAULTY_GET,
	FAULTY_LIST,
	FAULTY_STAT,
	FAULTY_REMOVE,
	FAULTY_ACTS,
};

struct fault {
	enum faulty_act act;
	enum bk_kind kind;
	unsigned skip;  /* so many acts of this kind go well before */
	unsigned times; /* then so many fail; 0: one */
	unsigned every; /* not 0: each so manieth fails, for ever */
	bool crumbs;    /* get: one byte passes before */
	uint64_t after; /* get, write: so many bytes of the blob pass before */
	bool done;      /* it is done all the same: the answer is lost */
	uint32_t retry_after_s;
	const char *name; /* only of this one; NULL: of any */
};

#define FAULTS_MAX 8

struct faulty {
	struct bk_wrapper wrapper;
	pthread_mutex_t lock;
	struct fault faults[FAULTS_MAX];
	unsigned n;
	bool any_length;              /* puts of unknown length are fine */
	unsigned counts[FAULTY_ACTS]; /* acts that were asked for */
	uint64_t bytes_got;           /* that were handed to sinks */
	unsigned busy, most_busy;     /* gets and whole puts at a time */
	/* Called before each act, without a lock. */
	void (*before)(void *arg, enum faulty_act act, const char *name);
	void *arg;
};

/* Takes `below`; in memory of bk_alloc(), freed when it is closed. */
struct faulty *faulty_open(struct bk_target *below);
void faulty_add(struct faulty *faulty, struct fault fault);
unsigned faulty_count(struct faulty *faulty, enum faulty_act act);

#endif
