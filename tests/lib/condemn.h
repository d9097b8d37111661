/* What a pruner would put into trash/: lists that condemn, genuine or forged.
 * Fails the test. */

#ifndef BK_TESTS_CONDEMN_H
#define BK_TESTS_CONDEMN_H

#include "lib/testrepo.h"
#include "repo/packids.h"
#include "repo/trash.h"

enum forgery {
	GENUINE,
	UNSIGNED,
	WRONGLY_SIGNED,
};

struct condemned_things {
	unsigned number; /* of the list */
	enum bk_trash_step step;
	const uint8_t *set;            /* one, or NULL */
	const struct bk_pack_id *pack; /* one, or NULL */
	enum forgery forgery;
};

void condemn(const struct testrepo *t, const struct condemned_things *what);

/* The name of what was put; the caller frees it. */
char *condemn_name(const struct condemned_things *what);

#endif
