/*
 * The passwd-file of a Dovecot proxy: the extra fields of an account's line say
 * where it is.  Dovecot looks at most once a second whether the file changed.
 * The first of several lines of an account is the one that it takes.
 */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/runline.h"
#include "route/route_fields.h"
#include "route/route_file.h"
#include "route/route_kind.h"

#define NOTICED_MS 1100
#define SEEN_MS    5000 /* for the proxy to say what the file says */
#define LOOK_MS    20
#define COLONS     7 /* name:password:uid:gid:gecos:home:shell:extra */

struct passwd {
	struct bk_route_fields which;
	struct bk_buf extra; /* as it was last written */
};

static int open_passwd(struct bk_route *route, struct bk_err *err)
{
	struct bk_route_config *config = &route->config;
	struct bk_buf text = {0};

	if (!config->file)
		return bk_fail(err, BK_MISUSE, "it needs a file");
	if (!config->source || !config->destination)
		return bk_fail(err, BK_MISUSE,
			       "it needs what both servers' proxy-to say");
	if (config->wait_ms < 0)
		config->wait_ms = NOTICED_MS;
	struct passwd *own = bk_alloc(sizeof(*own));
	own->which =
		(struct bk_route_fields){config->source, config->destination};
	route->own = own;
	int rc = bk_route_file_read(config->file, &text, err);
	bk_buf_clear(&text);
	return rc;
}

static void close_passwd(struct bk_route *route)
{
	struct passwd *own = route->own;

	if (own)
		bk_buf_clear(&own->extra);
	free(own);
}

/* ---- the line of an account ---- */

struct place {
	struct bk_view line;
	size_t colons;         /* COLONS at most */
	struct bk_view before; /* up to the colon before the extra fields */
	struct bk_view extra;
};

static bool is_of(struct bk_view line, const char *name,
		  int (*compare)(const char *a, const char *b, size_t n))
{
	size_t len = strlen(name);

	return line.len >= len &&
	       compare((const char *)line.data, name, len) == 0 &&
	       (line.len == len || line.data[len] == ':');
}

static void take_apart(struct bk_view line, struct place *place)
{
	size_t at = 0;

	*place = (struct place){.line = line, .before = line};
	while (place->colons < COLONS && at < line.len)
		if (line.data[at++] == ':')
			place->colons++;
	if (place->colons < COLONS)
		return;
	place->before.len = at - 1;
	place->extra = (struct bk_view){line.data + at, line.len - at};
}

static bool find_line(struct bk_view text, const char *name,
		      int (*compare)(const char *a, const char *b, size_t n),
		      struct place *place)
{
	struct bk_view line;

	for (size_t next = 0; bk_route_file_line(text, &next, &line);)
		if (is_of(line, name, compare)) {
			take_apart(line, place);
			return true;
		}
	return false;
}

/* As it is written; or else in other capitals, which Dovecot lowers. */
static int find(const struct bk_route *route, struct bk_view text,
		const char *name, struct place *place, struct bk_err *err)
{
	if (strchr(name, ':') || *name == '#' || *name == '-') {
		(void)bk_fail(err, BK_REFUSED,
			      "'%s' cannot be a name in a passwd-file", name);
		return -1;
	}
	if (!find_line(text, name, strncmp, place) &&
	    !find_line(text, name, strncasecmp, place)) {
		(void)bk_fail(err, BK_GONE, "has no line in %s",
			      route->config.file);
		return -1;
	}
	if (place->extra.len && *place->extra.data == ':') {
		(void)bk_fail(err, BK_REFUSED,
			      "its line has a place for mail, as Dovecot 1.0 "
			      "had; move that to the field userdb_mail");
		return -1;
	}
	return 0;
}

static enum bk_route_state state_of(const struct bk_route_fields *which,
				    struct bk_view extra)
{
	if (bk_route_fields_lead(which, extra, which->source))
		return BK_ROUTE_SOURCE;
	if (bk_route_fields_lead(which, extra, which->destination))
		return BK_ROUTE_DESTINATION;
	if (bk_route_fields_held(which, extra))
		return BK_ROUTE_HELD;
	return bk_route_fields_any(which, extra) ? BK_ROUTE_OTHER
						 : BK_ROUTE_NONE;
}

static int look(struct bk_route *route, const char *address,
		struct bk_arena *arena, enum bk_route_state *state,
		const char **saved, struct bk_err *err)
{
	struct passwd *own = route->own;
	struct bk_buf text = {0}, shape = {0};
	struct place place = {0};

	int rc = bk_route_file_read(route->config.file, &text, err);
	if (rc == 0)
		rc = find(route, bk_buf_view(&text),
			  bk_route_account(route, address), &place, err);
	if (rc == 0) {
		*state = state_of(&own->which, place.extra);
		bk_buf_printf(&shape, "%zu ", place.colons);
		bk_route_fields_save(&own->which, place.extra, &shape);
		*saved = bk_arena_strdup(arena, bk_buf_text(&shape));
	}
	bk_buf_clear(&shape);
	bk_buf_clear(&text);
	return rc;
}

/* ---- changes ---- */

/* One line gets other extra fields: those of `text`, those of a hold for
 * `reason`, or those of `saved`. */
struct task {
	struct bk_route *route;
	const char *name;
	const char *text, *reason, *saved;
};

static void make_extra(const struct task *task, struct bk_view extra)
{
	struct passwd *own = task->route->own;

	own->extra.len = 0;
	if (task->reason)
		bk_route_fields_hold(&own->which, extra, task->reason,
				     &own->extra);
	else if (task->saved)
		bk_route_fields_back(&own->which, extra, task->saved + 2,
				     &own->extra);
	else
		bk_route_fields_point(&own->which, extra, task->text,
				      &own->extra);
}

/* A line that ended before its seventh colon ends there again. */
static void cut_to(struct bk_buf *out, size_t start, size_t colons)
{
	size_t n = 0;

	for (size_t at = start; at < out->len; at++)
		if (out->data[at] == ':' && n++ == colons) {
			out->len = at;
			return;
		}
}

static int edit(void *context, struct bk_view old, struct bk_buf *text,
		struct bk_err *err)
{
	const struct task *task = context;
	const struct passwd *own = task->route->own;
	struct place place = {0};

	if (find(task->route, old, task->name, &place, err) < 0)
		return -1;
	make_extra(task, place.extra);
	size_t start = (size_t)(place.line.data - old.data);
	size_t end = start + place.line.len;

	bk_buf_add(text, old.data, start + place.before.len);
	for (size_t colons = place.colons; colons < COLONS - 1; colons++)
		bk_buf_add_u8(text, ':');
	bk_buf_add_u8(text, ':');
	bk_buf_add(text, own->extra.data, own->extra.len);
	if (task->saved && !own->extra.len)
		cut_to(text, start, (size_t)(*task->saved - '0'));
	bk_buf_add(text, old.data + end, old.len - end);
	return 0;
}

static int change(struct bk_route *route, const char *address,
		  struct task *task, struct bk_err *err)
{
	task->route = route;
	task->name = bk_route_account(route, address);
	return bk_route_file_edit(route->config.file, edit, task, err) < 0 ? -1
									   : 0;
}

static int hold(struct bk_route *route, const char *address, const char *reason,
		struct bk_err *err)
{
	return change(route, address, &(struct task){.reason = reason}, err);
}

static int point(struct bk_route *route, const char *address,
		 enum bk_route_end end, struct bk_err *err)
{
	return change(route, address,
		      &(struct task){.text = bk_route_text(route, end)}, err);
}

static int back(struct bk_route *route, const char *address, const char *saved,
		struct bk_err *err)
{
	if (*saved < '0' || *saved > '0' + COLONS || saved[1] != ' ')
		return bk_fail(err, BK_CORRUPT, "'%s' is no former state of it",
			       saved);
	return change(route, address, &(struct task){.saved = saved}, err);
}

/* ---- until it is in force ---- */

static int doveadm(const struct bk_route *route, const char *const *more,
		   struct bk_buf *said, struct bk_err *err)
{
	struct bk_runline program = {
		.line = route->config.command,
		.more = more,
		.timeout_ms = route->config.timeout_ms,
	};

	return bk_runline_run(&program, said, err);
}

/* "  host      : 10.0.0.2": the value of a line of `doveadm auth lookup`. */
static struct bk_view said_value(struct bk_view said, const char *title)
{
	struct bk_view line;
	size_t len = strlen(title);

	for (size_t next = 0; bk_route_file_line(said, &next, &line);) {
		if (line.len < len + 2 ||
		    memcmp(line.data + 2, title, len) != 0)
			continue;
		const uint8_t *colon = memchr(line.data, ':', line.len);
		if (!colon || colon + 2 > line.data + line.len)
			return (struct bk_view){line.data, 0};
		return (struct bk_view){
			colon + 2, (size_t)(line.data + line.len - colon) - 2};
	}
	return (struct bk_view){NULL, 0};
}

/* Can what the proxy says tell that it knows?  A value with a variable in it is
 * another one by then. */
static bool can_tell(struct bk_view extra)
{
	struct bk_view host = bk_route_fields_value(extra, "host");

	return bk_route_fields_value(extra, "nologin").data ||
	       (host.data && !memchr(host.data, '%', host.len));
}

static bool is_known(struct bk_view said, struct bk_view extra)
{
	static const char *const telling[] = {"host", "port", NULL};

	bool held = bk_route_fields_value(extra, "nologin").data != NULL;
	if ((said_value(said, "nologin").data != NULL) != held)
		return false;
	for (const char *const *key = telling; !held && *key; key++) {
		struct bk_view want = bk_route_fields_value(extra, *key);
		struct bk_view got = said_value(said, *key);
		if (!want.data || memchr(want.data, '%', want.len))
			continue;
		if (want.len != got.len ||
		    (got.data && memcmp(want.data, got.data, want.len) != 0))
			return false;
	}
	return true;
}

static int ask_until_known(struct bk_route *route, const char *name,
			   struct bk_err *err)
{
	const struct passwd *own = route->own;
	const char *const forget[] = {"auth", "cache", "flush", name, NULL};
	const char *const ask[] = {"auth",         "lookup", "-x",
				   "service=imap", name,     NULL};
	struct bk_buf said = {0};
	int64_t end = bk_clock_monotonic_ms() + SEEN_MS;

	int rc = doveadm(route, forget, &said, err);
	while (rc == 0) {
		rc = doveadm(route, ask, &said, err);
		if (rc < 0 ||
		    is_known(bk_buf_view(&said), bk_buf_view(&own->extra)))
			break;
		if (bk_clock_monotonic_ms() > end)
			rc = bk_fail(err, BK_LOST,
				     "the proxy does not see what %s says; is "
				     "it the file of its passdb?",
				     route->config.file);
		else
			bk_clock_rest(LOOK_MS);
	}
	bk_buf_clear(&said);
	return rc;
}

static int settle(struct bk_route *route, const char *address,
		  struct bk_err *err)
{
	const struct passwd *own = route->own;

	if (route->config.command &&
	    ask_until_known(route, bk_route_account(route, address), err) < 0)
		return -1;
	if (route->config.command && can_tell(bk_buf_view(&own->extra)))
		return 0;
	return bk_route_file_wait(route->config.file, route->config.wait_ms,
				  err);
}

static int kick(struct bk_route *route, const char *address, struct bk_err *err)
{
	struct bk_buf said = {0};

	if (!route->config.command)
		return 0;
	const char *const words[] = {"proxy", "kick",
				     bk_route_account(route, address), NULL};
	int rc = doveadm(route, words, &said, err);
	bk_buf_clear(&said);
	return rc < 0 ? -1 : 1;
}

const struct bk_route_kind bk_route_passwd = {
	.type = "dovecot-passwd",
	.stops = BK_ROUTE_LOGINS, /* and LMTP, where that comes here */
	.open = open_passwd,
	.close = close_passwd,
	.look = look,
	.hold = hold,
	.point = point,
	.back = back,
	.settle = settle,
	.kick = kick,
};
