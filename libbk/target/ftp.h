/*
 * A folder of an FTP server as a target: ftp:// in clear text, if that is
 * allowed, ftpes:// with explicit and ftps:// with implicit TLS.
 *
 * Paths begin at the server's root, not where the login begins.  A blob is sent
 * to NAME.part, its size is asked for, and it is renamed; a login that may not
 * rename gets it under its name (bk-format(5)).  Listings are MLSD's, or
 * LIST's as Unix servers give it.  Nothing counts as done, or as empty,
 * before the server said so on the control connection.
 *
 * Over clear text a bit that flips on the way is stored as it arrives, and
 * whoever can cut a connection can shorten a listing at the end of a line.
 *
 * A target may be used by several threads; each act under way has a connection.
 */

#ifndef BK_TARGET_FTP_H
#define BK_TARGET_FTP_H

#include <stdbool.h>

#include "base/err.h"
#include "net/access.h"
#include "net/url.h"
#include "target/target.h"

/*
 * `url` and `access` are kept by pointer and outlive the target.  `create`
 * makes the folder; without it BK_GONE if there is none.  Errors as
 * bk_link_open and bk_line_run have them.
 */
int bk_ftp_open(struct bk_target **out, const struct bk_url *url,
		const struct bk_access *access, bool create,
		struct bk_err *err);

#endif
