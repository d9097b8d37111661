/*
 * A folder on a server that one reaches by SSH, as a target: sftp://user@host/
 * path, the path from the server's root on.
 *
 * A blob is written as NAME.part, made durable where the server can, its size
 * is looked at, and it is renamed, which no server of version 3 does to a name
 * that is there: BK_EXISTS.  Requests go out without waiting for the answers to
 * those before.  All ops may run in several threads at a time, each with a
 * connection of its own.
 */

#ifndef BK_TARGET_SFTP_H
#define BK_TARGET_SFTP_H

#include <stdbool.h>

#include "net/access.h"
#include "net/url.h"
#include "target/target.h"

/*
 * Logs in.  With `create` the folder is made, and those above it.  BK_GONE:
 * there is no such folder, and it is not to be made; BK_DENIED: the login or
 * the host's key is not accepted (net/ssh.h).  url and access stay the
 * caller's until the target is closed.
 */
int bk_sftp_open(struct bk_target **out, const struct bk_url *url,
		 const struct bk_access *access, bool create,
		 struct bk_err *err);

#endif
