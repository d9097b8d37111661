/*
 * WebDAV over HTTPS as a target (RFC 4918), and a plain tree of files on a web
 * server as one that can be read only.
 *
 * A blob is put as NAME.part, its size asked for, and moved to NAME without
 * overwriting.  Redirects are not followed; Basic, or Digest where the server
 * asks for it.  Folders that became empty stay: a server deletes a folder with
 * what another writer has just put there.
 *
 * A plain tree is listed by the pages that nginx (HTML, JSON) and Apache make
 * of folders.  Where there are none, what is known by its name can be read,
 * and a listing is BK_DENIED.  Writing is BK_DENIED there.
 */

#ifndef BK_TARGET_WEBDAV_H
#define BK_TARGET_WEBDAV_H

#include <stdbool.h>

#include "base/err.h"
#include "net/access.h"
#include "net/url.h"
#include "target/target.h"

/*
 * https://, or http:// with allow_cleartext.  `url` and `access` are kept by
 * pointer.  Asks the server what it is; `create` makes the folder and those
 * above it; without it BK_GONE for one that is not there, and for a plain tree
 * without "bkrepo".  Otherwise as bk_link_open and net/http.h.
 *
 * The session may be used by several threads, each with a connection.
 */
int bk_webdav_open(struct bk_target **out, const struct bk_url *url,
		   const struct bk_access *access, bool create,
		   struct bk_err *err);

#endif
