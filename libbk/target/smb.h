/*
 * A folder of an SMB share as a target: smb://[DOMAIN;]user@host[:port]/share/
 * dir, on Windows, Samba, or a NAS.
 *
 * A blob is written as NAME.part, its size is asked for, and it is renamed,
 * which is done only to a name that is not there: BK_EXISTS otherwise.  The
 * SMB library cannot ask a server to flush; one that loses power may lose what
 * it has just confirmed, unless it syncs by itself (Samba: "sync always").
 *
 * SMB 3.0 to 3.1.1, and every packet signed.  Encryption on the way is used
 * where the server has it, but the library cannot insist: set it as required
 * on the server.  Sets are encrypted anyway.
 *
 * The library is used by processes of another program (bk-smb, found beside
 * this one), one for each act under way, kept for the next one.  All ops may
 * run in several threads at a time.  Each process has 4 MiB of buffers in
 * common with us and needs some 20 MiB of its own.  One that dies, says nothing
 * for the time-out or makes no sense is BK_LOST; the next act has a new one.
 */

#ifndef BK_TARGET_SMB_H
#define BK_TARGET_SMB_H

#include <stdbool.h>

#include "net/access.h"
#include "net/url.h"
#include "target/target.h"

/*
 * Logs in.  With `create` the folder is made, and those above it; the share
 * must be there.  BK_GONE: there is no such folder, and it is not to be made.
 * BK_MISUSE: no share, no user or no password named.  BK_DENIED: these are not
 * accepted.  Of the access it uses the password and the time-out, and keeps
 * neither pointer.
 */
int bk_smb_open(struct bk_target **out, const struct bk_url *url,
		const struct bk_access *access, bool create,
		struct bk_err *err);

#endif
