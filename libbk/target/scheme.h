/* The drivers of servers by the schemes of their URLs. */

#ifndef BK_TARGET_SCHEME_H
#define BK_TARGET_SCHEME_H

#include <stdbool.h>

#include "net/access.h"
#include "net/url.h"
#include "target/target.h"

/* Opens the driver alone, without what is around it (target/remote): one try
 * of each act.  url and access stay the caller's until it is closed.  BK_MISUSE
 * for a scheme that there is no driver for; other errors are the driver's. */
int bk_driver_open(struct bk_target **out, const struct bk_url *url,
		   const struct bk_access *access, bool create,
		   struct bk_err *err);

#endif
