/* The contract of targets for a wrapper: around a local folder. */

#ifndef BK_TESTS_CONTRACT_WRAPPED_H
#define BK_TESTS_CONTRACT_WRAPPED_H

#include "target/target.h"

/* `wrap` takes a session of the folder; two of them are used at a time, each
 * by several threads.  `folder` is a place for its own files, new in each
 * test. */
int wrapped_contract(const char *name,
		     struct bk_target *(*wrap)(struct bk_target *below,
					       const char *folder));

#endif
