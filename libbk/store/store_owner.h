/* "user:group" of a configuration, for what is written. */

#ifndef BK_STORE_STORE_OWNER_H
#define BK_STORE_STORE_OWNER_H

#include <sys/types.h>

#include "base/err.h"

/* "user" alone has the user's group.  BK_MISUSE for who is not there.  Before
 * there are threads. */
int bk_store_owner(const char *owner, uid_t *uid, gid_t *gid,
		   struct bk_err *err);

#endif
