/* Until when a server's certificate holds. */

#ifndef BK_NET_CERT_H
#define BK_NET_CERT_H

#include <stdint.h>

#include "base/err.h"
#include "net/access.h"
#include "net/url.h"

/*
 * Connects as far as TLS, under the link's policy, without a login (of FTP: as
 * nobody, who is refused), and gives the first end of the certificates that
 * the server shows, UTC seconds; INT64_MAX where it shows none.  Errors are
 * those of net/link.h: a certificate that does not hold is BK_DENIED.
 */
int bk_cert_ends(const struct bk_url *url, const struct bk_access *access,
		 int64_t *ends, struct bk_err *err);

#endif
