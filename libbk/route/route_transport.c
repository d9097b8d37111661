/*
 * A transport map of Postfix: an entry of an account says by what its mail is
 * delivered, "retry:" puts it off.  Of several entries the first counts.
 *
 * A map that was made anew is not enough.  The queue manager keeps the last
 * answer that it got for half a minute, and who answers it looks at the map
 * every ten seconds: mail for an account that gets much of it would go to the
 * old server all that time.  So Postfix is told to reload, and an act is in
 * force when the queue manager that was there before has ended.
 */

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/path.h"
#include "base/runline.h"
#include "route/route_entry.h"
#include "route/route_file.h"
#include "route/route_kind.h"
#include "route/route_master.h"
#include "route/route_queue.h"
#include "route/route_saved.h"

#define HOLD       "retry:4.3.2 "
#define POSTMAP    "/usr/sbin/postmap"
#define CONFIG     "/etc/postfix"
#define NOTICED_MS 1000
#define LOOK_MS    50
#define QUEUE_MOST ((size_t)64 << 20)

struct transport {
	char *map;             /* "hash:/etc/postfix/transport" */
	char *folder;          /* of postmap, with the '/' */
	char *queue_directory; /* or NULL */
	bool alone;            /* the only instance */
	struct bk_buf wanted;  /* what was written; empty: no entry */
	bool joined;           /* from several lines: postmap joins them */
	bool holding;          /* by the last act */
};

/* One of Postfix's programs. */
static int run(const struct bk_route *route, const char *name,
	       const char *const *more, struct bk_buf *said, struct bk_err *err)
{
	const struct transport *own = route->own;
	char *line = bk_asprintf("'%s%s' -c '%s'", own->folder, name,
				 route->config.config);
	struct bk_runline program = {
		.line = line,
		.more = more,
		.most = QUEUE_MOST,
		.timeout_ms = route->config.timeout_ms,
	};

	int rc = bk_runline_run(&program, said, err);
	free(line);
	return rc;
}

/* Where it keeps its process ids, without which there is only waiting; and
 * whether it speaks for other instances, too. */
static void find_queue(struct bk_route *route)
{
	const char *const words[] = {"-h", "queue_directory",
				     "multi_instance_wrapper", NULL};
	struct transport *own = route->own;
	struct bk_err unused = {0};
	struct bk_buf said = {0};

	if (run(route, "postconf", words, &said, &unused) == 0) {
		const char *text = bk_buf_text(&said);
		size_t len = strcspn(text, "\n");
		own->queue_directory = bk_strndup(text, len);
		own->alone = strcmp(text + len, "\n\n") == 0;
	}
	bk_buf_clear(&said);
}

static int open_transport(struct bk_route *route, struct bk_err *err)
{
	struct bk_route_config *config = &route->config;
	struct bk_buf text = {0};

	if (!config->file)
		return bk_fail(err, BK_MISUSE, "it needs a file");
	if (!config->source || !config->destination)
		return bk_fail(err, BK_MISUSE,
			       "it needs what both servers' transport say");
	if (!config->command)
		config->command = POSTMAP;
	if (!config->config)
		config->config = CONFIG;
	if (!config->map)
		config->map = "hash";
	if (config->wait_ms < 0)
		config->wait_ms = NOTICED_MS;
	struct transport *own = bk_alloc(sizeof(*own));
	const char *slash = strrchr(config->command, '/');
	size_t len = slash ? (size_t)(slash - config->command) + 1 : 0;
	own->folder = bk_strndup(config->command, len);
	own->map = bk_asprintf("%s:%s", config->map, config->file);
	route->own = own;
	find_queue(route);
	int rc = bk_route_file_read(config->file, &text, err);
	bk_buf_clear(&text);
	return rc;
}

static void close_transport(struct bk_route *route)
{
	struct transport *own = route->own;

	if (!own)
		return;
	bk_buf_clear(&own->wanted);
	free(own->queue_directory);
	free(own->folder);
	free(own->map);
	free(own);
}

/* ---- the entry of an account ---- */

static bool says(struct bk_view value, const char *text)
{
	return bk_route_entry_says(
		value, (struct bk_view){(const uint8_t *)text, strlen(text)});
}

static enum bk_route_state state_of(const struct bk_route *route,
				    struct bk_view value)
{
	size_t len = strlen(HOLD);

	if (says(value, route->config.source))
		return BK_ROUTE_SOURCE;
	if (says(value, route->config.destination))
		return BK_ROUTE_DESTINATION;
	if (value.len > len && memcmp(value.data, HOLD, len) == 0)
		return BK_ROUTE_HELD;
	return BK_ROUTE_OTHER;
}

static int check_key(const char *address, struct bk_err *err)
{
	if (*address == '#' || strchr(address, '"'))
		return bk_fail(err, BK_REFUSED,
			       "cannot be a key of a transport map");
	return 0;
}

static int look(struct bk_route *route, const char *address,
		struct bk_arena *arena, enum bk_route_state *state,
		const char **saved, struct bk_err *err)
{
	struct bk_buf text = {0}, line = {0};
	struct bk_route_entry entry;

	/* Before anything is begun that could not be ended. */
	if (check_key(address, err) < 0 ||
	    bk_route_file_read(route->config.file, &text, err) < 0)
		return -1;
	*state = BK_ROUTE_NONE;
	*saved = "none";
	if (bk_route_entry_find(bk_buf_view(&text), address, &entry)) {
		*state = state_of(route, entry.value);
		bk_buf_printf(&line, "entry ");
		bk_route_encode(&line,
				(struct bk_view){text.data + entry.start,
						 entry.end - entry.start});
		*saved = bk_arena_strdup(arena, bk_buf_text(&line));
	}
	bk_buf_clear(&line);
	bk_buf_clear(&text);
	return 0;
}

/* ---- changes ---- */

struct task {
	const char *address;
	struct bk_view entry; /* its bytes; empty: none */
};

static int edit(void *context, struct bk_view old, struct bk_buf *text,
		struct bk_err *err)
{
	const struct task *task = context;

	(void)err;
	bk_route_entry_put(old, task->address, task->entry, text);
	return 0;
}

/* What postmap -q must say. */
static void note_wanted(struct transport *own, const char *address,
			struct bk_view bytes)
{
	struct bk_route_entry entry;

	own->wanted.len = 0;
	own->joined = false;
	if (!bytes.len || !bk_route_entry_find(bytes, address, &entry))
		return;
	bk_buf_add(&own->wanted, entry.value.data, entry.value.len);
	own->joined = memchr(entry.value.data, '\n', entry.value.len);
}

static int change(struct bk_route *route, const char *address,
		  struct bk_view bytes, bool holding, struct bk_err *err)
{
	struct transport *own = route->own;
	struct task task = {address, bytes};

	if (check_key(address, err) < 0)
		return -1;
	note_wanted(own, address, bytes);
	own->holding = holding;
	return bk_route_file_edit(route->config.file, edit, &task, err) < 0 ? -1
									    : 0;
}

static int change_to(struct bk_route *route, const char *address,
		     const char *before, const char *value, struct bk_err *err)
{
	struct bk_buf line = {0};

	bk_buf_printf(&line, "%s\t%s%s", address, before, value);
	int rc = change(route, address, bk_buf_view(&line), *before, err);
	bk_buf_clear(&line);
	return rc;
}

static int hold(struct bk_route *route, const char *address, const char *reason,
		struct bk_err *err)
{
	return change_to(route, address, HOLD, reason, err);
}

static int point(struct bk_route *route, const char *address,
		 enum bk_route_end end, struct bk_err *err)
{
	return change_to(route, address, "", bk_route_text(route, end), err);
}

static int back(struct bk_route *route, const char *address, const char *saved,
		struct bk_err *err)
{
	struct bk_buf bytes = {0};
	struct bk_route_entry entry;
	int rc = -1;

	if (strncmp(saved, "entry ", 6) == 0)
		bk_route_decode(&bytes, saved + 6);
	else if (strcmp(saved, "none") != 0)
		return bk_fail(err, BK_CORRUPT, "'%s' is no former state of it",
			       saved);
	if (bytes.len &&
	    !bk_route_entry_find(bk_buf_view(&bytes), address, &entry))
		bk_fail(err, BK_CORRUPT, "'%s' is not of this account", saved);
	else
		rc = change(route, address, bk_buf_view(&bytes), false, err);
	bk_buf_clear(&bytes);
	return rc;
}

/* ---- until it is in force ---- */

/* Does the map that Postfix reads say what the file does? */
static int ask_map(struct bk_route *route, const char *address, bool *agrees,
		   struct bk_err *err)
{
	const struct transport *own = route->own;
	const char *const words[] = {"-q", address, own->map, NULL};
	struct bk_buf said = {0};
	struct bk_err why = {0};

	/* Status 1 is "there is none", and errors. */
	if (run(route, "postmap", words, &said, &why) < 0 &&
	    why.kind != BK_FAILED) {
		*err = why;
		bk_buf_clear(&said);
		return -1;
	}
	*agrees =
		!own->joined && bk_route_entry_says(bk_buf_view(&said),
						    bk_buf_view(&own->wanted));
	bk_buf_clear(&said);
	return 0;
}

static int make_map(struct bk_route *route, const char *address,
		    struct bk_err *err)
{
	const struct transport *own = route->own;
	const char *const words[] = {own->map, NULL};
	struct bk_buf said = {0};
	bool agrees = false;

	int rc = ask_map(route, address, &agrees, err);
	if (rc == 0 && !agrees) {
		rc = run(route, "postmap", words, &said, err);
		if (rc == 0)
			rc = ask_map(route, address, &agrees, err);
		if (rc == 0 && !agrees && !own->joined)
			rc = bk_fail(err, BK_FAILED,
				     "%s does not say what %s does", own->map,
				     route->config.file);
	}
	bk_buf_clear(&said);
	return rc;
}

/* As `postfix reload`, which is a dozen programs, does in the end; or by that.
 */
static int reload(struct bk_route *route, struct bk_err *err)
{
	const struct transport *own = route->own;
	const char *const words[] = {"reload", NULL};
	struct bk_buf said = {0};
	int64_t begun = bk_clock_monotonic_ms();
	int manager = -1, rc = 0;

	if (own->alone)
		manager = bk_route_master_reload(own->queue_directory, "qmgr");
	if (manager < 0) {
		manager = bk_route_master_child(own->queue_directory, "qmgr");
		rc = run(route, "postfix", words, &said, err);
	}
	if (rc < 0)
		(void)bk_context(err, "Postfix does not reload; does it run?");
	else if (manager >= 0)
		rc = bk_route_master_wait(manager, route->config.timeout_ms,
					  err);
	else
		bk_clock_rest(begun + route->config.wait_ms -
			      bk_clock_monotonic_ms());
	bk_path_close(&manager);
	bk_buf_clear(&said);
	return rc;
}

/* One at a time: a map that is made of an older file must not take the place of
 * a newer one, and a queue manager that ends because somebody else changed
 * something says nothing of ours. */
static int make_map_and_reload(struct bk_route *route, const char *address,
			       struct bk_err *err)
{
	const struct transport *own = route->own;
	int lock = -1;

	if (own->queue_directory) {
		lock = bk_route_folder_lock(own->queue_directory,
					    route->config.timeout_ms, err);
		if (lock < 0)
			return -1;
	}
	int rc = make_map(route, address, err);
	if (rc == 0)
		rc = reload(route, err);
	bk_path_close(&lock);
	return rc;
}

/* Those of `first` that have neither gone nor were put off by the hold are
 * tried again: one that was put aside because it was being delivered waits for
 * minutes. How many there are; *id is one of them, the caller's to free. */
static size_t try_again(struct bk_route *route, const char *address,
			struct bk_view first, struct bk_view now, char **id)
{
	const char *reason = bk_buf_text(&route->reason);
	struct bk_buf said = {0};
	struct bk_err unused = {0};
	struct bk_route_queued one;
	size_t n = 0;

	for (size_t at = 0; bk_route_queue_next(first, address, &at, &one);) {
		if (!bk_route_queue_may_deliver(now, address, one.id, reason))
			continue;
		free(*id);
		*id = bk_strndup((const char *)one.id.data, one.id.len);
		const char *const again[] = {"-i", *id, NULL};
		(void)run(route, "postqueue", again, &said, &unused);
		n++;
	}
	bk_buf_clear(&said);
	return n;
}

/* What was on its way to the old server has arrived there, or was put off: all
 * of it at a time, for there may be much that a server has just turned down. */
static int wait_for_deliveries(struct bk_route *route, const char *address,
			       struct bk_err *err)
{
	const char *const look[] = {"-p", NULL};
	struct bk_buf first = {0}, now = {0};
	char *id = NULL;
	int64_t end = bk_clock_monotonic_ms() + route->config.timeout_ms;

	int rc = run(route, "postqueue", look, &first, err);
	if (rc == 0)
		bk_buf_add(&now, first.data, first.len);
	while (rc == 0 && try_again(route, address, bk_buf_view(&first),
				    bk_buf_view(&now), &id)) {
		if (bk_clock_monotonic_ms() > end) {
			rc = bk_fail(err, BK_LOST,
				     "message %s is still being delivered", id);
			break;
		}
		bk_clock_rest(LOOK_MS);
		rc = run(route, "postqueue", look, &now, err);
	}
	bk_buf_clear(&now);
	bk_buf_clear(&first);
	free(id);
	return rc;
}

/* What was put off is tried now.  If that fails, Postfix tries in its own
 * time: nothing is lost. */
static void deliver_queued(struct bk_route *route, const char *address)
{
	const char *const words[] = {"-p", NULL};
	struct bk_err unused = {0};
	struct bk_buf first = {0}, said = {0};
	struct bk_route_queued one;

	(void)run(route, "postqueue", words, &first, &unused);
	for (size_t at = 0;
	     bk_route_queue_next(bk_buf_view(&first), address, &at, &one);) {
		if (one.active || one.kept)
			continue;
		char *id = bk_strndup((const char *)one.id.data, one.id.len);
		const char *const again[] = {"-i", id, NULL};
		(void)run(route, "postqueue", again, &said, &unused);
		free(id);
	}
	bk_buf_clear(&said);
	bk_buf_clear(&first);
}

static int settle(struct bk_route *route, const char *address,
		  struct bk_err *err)
{
	const struct transport *own = route->own;

	if (make_map_and_reload(route, address, err) < 0)
		return -1;
	if (own->holding)
		return wait_for_deliveries(route, address, err);
	deliver_queued(route, address);
	return 0;
}

const struct bk_route_kind bk_route_transport = {
	.type = "postfix-transport",
	.stops = BK_ROUTE_DELIVERIES,
	.open = open_transport,
	.close = close_transport,
	.look = look,
	.hold = hold,
	.point = point,
	.back = back,
	.settle = settle,
};
