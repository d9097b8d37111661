/* Is it the host that is meant?  See ssh.h. */

#ifndef BK_NET_SSH_HOST_H
#define BK_NET_SSH_HOST_H

#include <libssh/libssh.h>

#include "base/err.h"
#include "net/access.h"
#include "net/url.h"

/* The file of known hosts, of the caller to free; NULL with BK_MISUSE when it
 * cannot be read, and with BK_DENIED when keys are to be written down there and
 * cannot be. */
char *bk_ssh_known_hosts(const struct bk_access *how, struct bk_err *err);

/* After the keys were exchanged: BK_DENIED for a host that is not known to that
 * file, or whose key is another one there. */
int bk_ssh_check_host(ssh_session session, const struct bk_url *url,
		      const struct bk_access *how, const char *known_hosts,
		      struct bk_err *err);

#endif
