/* The acts on routes, whatever their kind: see route.h. */

#include "route/route.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "base/account_as.h"
#include "base/buf.h"
#include "base/escape.h"
#include "base/nearest.h"
#include "base/utf8.h"
#include "route/route_kind.h"

#define ADDRESS_MAX 254 /* RFC 5321, 4.5.3.1.3, without its brackets */
#define REASON_MAX  200
#define TIMEOUT_MS  30000

static const struct bk_route_kind *const kinds[] = {
	&bk_route_passwd, &bk_route_transport, &bk_route_cyrus,
	&bk_route_command, NULL};

static const struct bk_route_kind *find_kind(const char *type,
					     struct bk_err *err)
{
	struct bk_nearest near;

	bk_nearest_init(&near, type);
	for (const struct bk_route_kind *const *k = kinds; *k; k++) {
		if (strcmp((*k)->type, type) == 0)
			return *k;
		bk_nearest_offer(&near, (*k)->type);
	}
	bk_fail(err, BK_MISUSE, "unknown type '%s'%s%s%s", type,
		near.best ? "; did you mean '" : "", near.best ? near.best : "",
		near.best ? "'?" : "");
	return NULL;
}

static int blame(const struct bk_route *route, struct bk_err *err)
{
	return bk_context(err, "route %s", route->config.name);
}

int bk_route_open(struct bk_route **out, const struct bk_route_config *config,
		  struct bk_err *err)
{
	const struct bk_route_kind *kind = find_kind(config->type, err);

	if (!kind)
		return bk_context(err, "route %s", config->name);
	struct bk_route *route = bk_alloc(sizeof(*route));
	*route = (struct bk_route){.kind = kind, .config = *config};
	if (!route->config.timeout_ms)
		route->config.timeout_ms = TIMEOUT_MS;
	if (kind->open(route, err) < 0) {
		blame(route, err);
		bk_route_close(route);
		return -1;
	}
	*out = route;
	return 0;
}

void bk_route_close(struct bk_route *route)
{
	if (!route)
		return;
	if (route->kind->close)
		route->kind->close(route);
	bk_arena_clear(&route->names);
	bk_buf_clear(&route->reason);
	free(route);
}

const char *bk_route_name(const struct bk_route *route)
{
	return route->config.name;
}

unsigned bk_route_stops(const struct bk_route *route)
{
	return route->kind->stops;
}

const char *bk_route_account(struct bk_route *route, const char *address)
{
	if (!route->config.account)
		return address;
	bk_arena_clear(&route->names);
	return bk_account_as(&route->names, route->config.account, address);
}

const char *bk_route_text(const struct bk_route *route, enum bk_route_end end)
{
	return end == BK_ROUTE_TO_SOURCE ? route->config.source
					 : route->config.destination;
}

/*
 * Blanks end a key, ':' a field, and a control character may do anything: what
 * no mail system here has in an address is refused for all of them.
 */
static int check_address(const char *address, struct bk_err *err)
{
	const char *at = strrchr(address, '@');
	size_t len = strlen(address);

	if (!at || at == address || !at[1])
		return bk_fail(err, BK_REFUSED, "is no NAME@DOMAIN");
	if (len > ADDRESS_MAX)
		return bk_fail(err, BK_REFUSED, "is longer than %d bytes",
			       ADDRESS_MAX);
	if (!bk_utf8_valid(address, len))
		return bk_fail(err, BK_REFUSED, "is not UTF-8");
	for (const char *p = address; *p; p++)
		if ((unsigned char)*p <= ' ' || *p == 0x7f)
			return bk_fail(err, BK_REFUSED,
				       "has a blank or control character");
	return 0;
}

/* Puts route and account before what is said of it. */
static int blame_account(const struct bk_route *route, const char *address,
			 struct bk_err *err)
{
	char *shown = bk_escaped(address);

	bk_context(err, "%s", shown);
	free(shown);
	return blame(route, err);
}

int bk_route_look(struct bk_route *route, const char *address,
		  struct bk_arena *arena, enum bk_route_state *state,
		  const char **saved, struct bk_err *err)
{
	const char *unused;

	if (check_address(address, err) < 0 ||
	    route->kind->look(route, address, arena, state,
			      saved ? saved : &unused, err) < 0)
		return blame_account(route, address, err);
	return 0;
}

/* One line of what a protocol may carry: ASCII, without what ends a text; as a
 * server says it again, which drops the blanks at its ends. */
static const char *plain_reason(struct bk_route *route, const char *reason)
{
	static const char blanks[] = " \t\r\n";

	reason += strspn(reason, blanks);
	size_t len = strnlen(reason, REASON_MAX);
	while (len && strchr(blanks, reason[len - 1]))
		len--;
	route->reason.len = 0;
	for (size_t i = 0; i < len; i++) {
		bool is_plain = reason[i] >= ' ' && reason[i] < 0x7f;
		bk_buf_add_u8(&route->reason,
			      is_plain ? (uint8_t)reason[i] : '?');
	}
	return bk_buf_text(&route->reason);
}

/* What put mail off is known by it. */
static int check_reason(const char *plain, struct bk_err *err)
{
	if (*plain)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "the reason of a hold is empty: say why nobody can log "
		       "in");
}

static int write_hold(struct bk_route *route, const char *address,
		      const char *reason, struct bk_err *err)
{
	const char *plain = plain_reason(route, reason);

	if (check_address(address, err) < 0 || check_reason(plain, err) < 0 ||
	    route->kind->hold(route, address, plain, err) < 0)
		return blame_account(route, address, err);
	return 0;
}

static int write_point(struct bk_route *route, const char *address,
		       enum bk_route_end end, struct bk_err *err)
{
	if (check_address(address, err) < 0 ||
	    route->kind->point(route, address, end, err) < 0)
		return blame_account(route, address, err);
	return 0;
}

static int write_back(struct bk_route *route, const char *address,
		      const char *saved, struct bk_err *err)
{
	if (check_address(address, err) < 0 ||
	    route->kind->back(route, address, saved, err) < 0)
		return blame_account(route, address, err);
	return 0;
}

static int settle(struct bk_route *route, const char *address,
		  struct bk_err *err)
{
	if (route->kind->settle(route, address, err) < 0)
		return blame_account(route, address, err);
	return 0;
}

/* ---- several at a time ---- */

struct settling {
	struct bk_route *route;
	const char *address;
	pthread_t thread;
	bool apart; /* in a thread of its own */
	struct bk_err err;
	int rc;
};

static void *settle_one(void *arg)
{
	struct settling *one = arg;

	one->rc = settle(one->route, one->address, &one->err);
	return NULL;
}

/* Each waits for servers of its own; the first of those that fail counts. */
static int settle_all(struct bk_route *const *routes, size_t n,
		      const char *address, struct bk_err *err)
{
	struct settling *all = bk_alloc((n + 1) * sizeof(*all));
	int rc = 0;

	for (size_t i = 0; i < n; i++) {
		all[i] = (struct settling){.route = routes[i],
					   .address = address};
		all[i].apart =
			i + 1 < n && pthread_create(&all[i].thread, NULL,
						    settle_one, &all[i]) == 0;
		if (!all[i].apart)
			(void)settle_one(&all[i]);
	}
	for (size_t i = 0; i < n; i++) {
		if (all[i].apart)
			(void)pthread_join(all[i].thread, NULL);
		if (all[i].rc < 0 && rc == 0)
			*err = all[i].err;
		rc = all[i].rc < 0 ? -1 : rc;
	}
	free(all);
	return rc;
}

int bk_routes_hold(struct bk_route *const *routes, size_t n,
		   const char *address, const char *reason, struct bk_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (write_hold(routes[i], address, reason, err) < 0)
			return -1;
	return settle_all(routes, n, address, err);
}

int bk_routes_point(struct bk_route *const *routes, size_t n,
		    const char *address, enum bk_route_end end,
		    struct bk_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (write_point(routes[i], address, end, err) < 0)
			return -1;
	return settle_all(routes, n, address, err);
}

int bk_routes_back(struct bk_route *const *routes, size_t n,
		   const char *address, const char *const *saved,
		   struct bk_err *err)
{
	struct bk_err first = {0}, later = {0};

	for (size_t i = 0; i < n; i++)
		(void)write_back(routes[i], address, saved[i],
				 first.kind ? &later : &first);
	(void)settle_all(routes, n, address, first.kind ? &later : &first);
	if (!first.kind)
		return 0;
	*err = first;
	return -1;
}

int bk_route_hold(struct bk_route *route, const char *address,
		  const char *reason, struct bk_err *err)
{
	return bk_routes_hold(&route, 1, address, reason, err);
}

int bk_route_point(struct bk_route *route, const char *address,
		   enum bk_route_end end, struct bk_err *err)
{
	return bk_routes_point(&route, 1, address, end, err);
}

int bk_route_back(struct bk_route *route, const char *address,
		  const char *saved, struct bk_err *err)
{
	return bk_routes_back(&route, 1, address, &saved, err);
}

int bk_route_kick(struct bk_route *route, const char *address,
		  struct bk_err *err)
{
	if (!route->kind->kick)
		return 0;
	if (check_address(address, err) < 0)
		return blame_account(route, address, err);
	int rc = route->kind->kick(route, address, err);
	return rc < 0 ? blame_account(route, address, err) : rc;
}
