/*
 * What every target promises, as target/target.h says it: one suite for all
 * drivers and for the wrappers around them.
 */

#ifndef BK_TESTS_CONTRACT_TARGET_H
#define BK_TESTS_CONTRACT_TARGET_H

#include "target/target.h"

/* How a driver is tested.  Its functions fail the test. */
struct target_driver {
	const char *name;
	/* A new session; the first one of a test finds an empty place. */
	struct bk_target *(*open)(void);
	void (*close)(struct bk_target *target);
	/* Before and after each test. */
	void (*begin)(void);
	void (*end)(void);
	bool threads; /* one session may be used by several threads */
};

/* Runs the suite; the number of tests that failed. */
int target_contract(const struct target_driver *driver);

#endif
