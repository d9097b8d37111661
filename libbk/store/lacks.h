/* What a folder that was written was not given: one by one, for reports. */

#ifndef BK_STORE_LACKS_H
#define BK_STORE_LACKS_H

#include <stddef.h>

#include "base/arena.h"

enum bk_lack {
	BK_LACK_UIDS,
	BK_LACK_FLAGS, /* and keywords */
	BK_LACK_RIGHTS,
	BK_LACK_ANNOTATIONS,
	BK_LACK_SUBSCRIPTION,
};

struct bk_lacks_item {
	enum bk_lack what;
	const char *name; /* whose rights, which annotation; NULL: all */
	const char *why;
};

/* {0} is none. */
struct bk_lacks {
	struct bk_arena arena; /* of the texts */
	struct bk_lacks_item *items;
	size_t n, cap;
};
void bk_lacks_clear(struct bk_lacks *lacks);

/* One more; NULL keeps none. */
void bk_lacks_add(struct bk_lacks *lacks, enum bk_lack what, const char *name,
		  const char *why);

#endif
