/* What each kind of route brings: see route.h for what the acts mean. */

#ifndef BK_ROUTE_ROUTE_KIND_H
#define BK_ROUTE_ROUTE_KIND_H

#include <stdint.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "route/route.h"

struct bk_route;

/*
 * The acts write, and do not wait; settle() then waits until the last of them
 * is in force for the account.  An address was checked: it is UTF-8 with a
 * name, an `@` and a domain, without blanks and control characters.
 */
struct bk_route_kind {
	const char *type;
	unsigned stops;

	int (*open)(struct bk_route *route, struct bk_err *err);
	void (*close)(struct bk_route *route);
	int (*look)(struct bk_route *route, const char *address,
		    struct bk_arena *arena, enum bk_route_state *state,
		    const char **saved, struct bk_err *err);
	int (*hold)(struct bk_route *route, const char *address,
		    const char *reason, struct bk_err *err);
	int (*point)(struct bk_route *route, const char *address,
		     enum bk_route_end end, struct bk_err *err);
	int (*back)(struct bk_route *route, const char *address,
		    const char *saved, struct bk_err *err);
	int (*settle)(struct bk_route *route, const char *address,
		      struct bk_err *err);
	int (*kick)(struct bk_route *route, const char *address,
		    struct bk_err *err);
};

struct bk_route {
	const struct bk_route_kind *kind;
	struct bk_route_config config; /* nothing is missing in it */
	struct bk_arena names;         /* of the account of the last act */
	struct bk_buf reason;          /* of the last hold */
	void *own;                     /* the kind's */
};

extern const struct bk_route_kind bk_route_passwd, bk_route_transport,
	bk_route_cyrus, bk_route_command;

/* What the account is called there; until the next call. */
const char *bk_route_account(struct bk_route *route, const char *address);

/* What stands there for an account at that end. */
const char *bk_route_text(const struct bk_route *route, enum bk_route_end end);

#endif
