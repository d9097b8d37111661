/* The [route] sections of bk.conf(5) that stand before a pair of servers, made
 * into what route/route.h opens. */

#ifndef BK_JOB_ROUTE_SETTINGS_H
#define BK_JOB_ROUTE_SETTINGS_H

#include <stddef.h>

#include "base/err.h"
#include "job/server.h"
#include "job/settings.h"
#include "route/route.h"

/*
 * The routes that `names` lists (words), or all of the file (NULL), in the
 * order of the file, each with what leads to either server; a cyrus-deny of a
 * third server is left out.  `from` and `to` have sections.  *out and all texts
 * live as long as the settings.  BK_MISUSE when a server's section lacks what a
 * route writes for it, when both ends read the same, or for a name that no
 * route has.
 */
int bk_settings_routes(struct bk_settings *settings, const char *names,
		       const struct bk_server_settings *from,
		       const struct bk_server_settings *to,
		       struct bk_route_config **out, size_t *n,
		       struct bk_err *err);

#endif
