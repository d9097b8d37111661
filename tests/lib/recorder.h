/*
 * A target around another one that writes down what is done, in order, and
 * lets a test fail an act or do something of its own before it.
 *
 *	put NAME      when it is committed
 *	list FOLDER
 *	remove NAME
 *
 * stat and get are passed on unseen.
 */

#ifndef BK_TESTS_RECORDER_H
#define BK_TESTS_RECORDER_H

#include <pthread.h>

#include "base/buf.h"
#include "target/target.h"

struct recorder {
	struct bk_target target;
	struct bk_target *below; /* the caller's */
	pthread_mutex_t lock;
	struct bk_buf log; /* a line for each act */
	/* The act whose line begins so fails with that kind. */
	const char *fail_on;
	enum bk_kind fail_kind;
	/* So many bytes fit, then BK_FULL; 0: any number. */
	uint64_t room;
	uint64_t written;
	/* Called before an act is done or failed. */
	void (*before)(void *arg, const char *act);
	void *arg;
};

void recorder_init(struct recorder *recorder, struct bk_target *below);
void recorder_clear(struct recorder *recorder);

/* Where in the log an act stands, counted in lines from 0; -1: nowhere. */
int recorder_line(struct recorder *recorder, const char *act);

#endif
