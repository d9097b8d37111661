/*
 * cyr_deny(8) of a Cyrus IMAP server that accounts leave or come to: an entry
 * of its database keeps an account from services, with a message.  It counts
 * from the next command of a session on, and cyr_deny ends those that there
 * are.
 *
 * The services are the names of cyrus.conf(5).  A move logs in by one that is
 * not among them: an administrator who logs in for the account is kept out,
 * too.
 */

#include <stdlib.h>
#include <string.h>

#include "base/runline.h"
#include "route/route_file.h"
#include "route/route_kind.h"
#include "route/route_saved.h"

#define CYR_DENY "/usr/lib/cyrus/bin/cyr_deny"
#define MOVED    "this account has moved to another server"

static int open_cyrus(struct bk_route *route, struct bk_err *err)
{
	struct bk_route_config *config = &route->config;

	if (!config->services)
		return bk_fail(err, BK_MISUSE,
			       "it needs services: those of cyrus.conf that "
			       "users and deliveries come by, but not the one "
			       "that bk logs in by");
	if (!config->source || !config->destination)
		return bk_fail(err, BK_MISUSE,
			       "it needs to know which server it is");
	if (!config->command)
		config->command = CYR_DENY;
	return 0;
}

static int cyr_deny(const struct bk_route *route, const char *const *more,
		    struct bk_buf *said, struct bk_err *err)
{
	struct bk_runline program = {
		.line = route->config.command,
		.more = more,
		.most = (size_t)16 << 20,
		.timeout_ms = route->config.timeout_ms,
	};

	return bk_runline_run(&program, said, err);
}

/* The name there. */
static const char *name_of(struct bk_route *route, const char *address,
			   struct bk_err *err)
{
	const char *name = bk_route_account(route, address);

	if (*name != '-')
		return name;
	bk_fail(err, BK_REFUSED, "'%s' would be an option of cyr_deny", name);
	return NULL;
}

/* ---- what there is ---- */

/* The word that begins at *at, and the blanks behind it. */
static struct bk_view next_word(struct bk_view line, size_t *at)
{
	size_t start = *at;

	while (*at < line.len && line.data[*at] != ' ')
		++*at;
	struct bk_view word = {line.data + start, *at - start};
	while (*at < line.len && line.data[*at] == ' ')
		++*at;
	return word;
}

static bool is_word(struct bk_view word, const char *text)
{
	return word.data && word.len == strlen(text) &&
	       memcmp(word.data, text, word.len) == 0;
}

struct denial {
	bool there;
	struct bk_view services, message;
};

/* Lines of user, services and message; the first has their titles. */
static void find(struct bk_view listed, const char *name, struct denial *out)
{
	struct bk_view line;
	size_t next = 0;

	*out = (struct denial){0};
	(void)bk_route_file_line(listed, &next, &line);
	while (bk_route_file_line(listed, &next, &line)) {
		size_t at = 0;
		if (!is_word(next_word(line, &at), name))
			continue;
		out->there = true;
		out->services = next_word(line, &at);
		out->message = (struct bk_view){line.data + at, line.len - at};
		return;
	}
}

/* Before the first denial there is no database. */
static int list(const struct bk_route *route, struct bk_buf *said,
		struct bk_err *err)
{
	const char *const words[] = {"-l", NULL};
	struct bk_err why = {0};

	if (cyr_deny(route, words, said, &why) == 0)
		return 0;
	said->len = 0;
	if (strstr(why.text, "No such file") || strstr(why.text, "not found"))
		return 0;
	*err = why;
	return -1;
}

static enum bk_route_state state_of(const struct bk_route *route,
				    const struct denial *denial)
{
	bool opens_source = strcmp(route->config.source, "open") == 0;

	if (!denial->there)
		return opens_source ? BK_ROUTE_SOURCE : BK_ROUTE_DESTINATION;
	if (!is_word(denial->services, route->config.services))
		return BK_ROUTE_OTHER;
	if (!is_word(denial->message, MOVED))
		return BK_ROUTE_HELD;
	return opens_source ? BK_ROUTE_DESTINATION : BK_ROUTE_SOURCE;
}

static int look(struct bk_route *route, const char *address,
		struct bk_arena *arena, enum bk_route_state *state,
		const char **saved, struct bk_err *err)
{
	struct bk_buf said = {0}, line = {0};
	struct denial denial;
	const char *name = name_of(route, address, err);

	int rc = name ? list(route, &said, err) : -1;
	if (rc == 0) {
		find(bk_buf_view(&said), name, &denial);
		*state = state_of(route, &denial);
		bk_buf_printf(&line, denial.there ? "denied " : "open");
		bk_route_encode(&line, denial.services);
		if (denial.there)
			bk_buf_add_u8(&line, ' ');
		bk_route_encode(&line, denial.message);
		*saved = bk_arena_strdup(arena, bk_buf_text(&line));
	}
	bk_buf_clear(&line);
	bk_buf_clear(&said);
	return rc;
}

/* ---- changes ---- */

/* Another program than cyr_deny, or that of another Cyrus, may end well. */
static int check_denied(const struct bk_route *route, const char *name,
			struct bk_err *err)
{
	struct bk_buf said = {0};
	struct denial denial = {0};

	int rc = list(route, &said, err);
	if (rc == 0)
		find(bk_buf_view(&said), name, &denial);
	if (rc == 0 && !denial.there)
		rc = bk_fail(err, BK_DENIED,
			     "%s denied %s, and does not list it: is it the "
			     "cyr_deny of this server?",
			     route->config.command, name);
	bk_buf_clear(&said);
	return rc;
}

static int deny(struct bk_route *route, const char *address,
		const char *services, const char *message, struct bk_err *err)
{
	struct bk_buf said = {0};
	const char *name = name_of(route, address, err);

	if (!name)
		return -1;
	const char *const words[] = {"-s", services, "-m", message, name, NULL};
	int rc = cyr_deny(route, words, &said, err);
	bk_buf_clear(&said);
	return rc < 0 ? -1 : check_denied(route, name, err);
}

/* Without a database there is nothing to take out of it. */
static int allow(struct bk_route *route, const char *address,
		 struct bk_err *err)
{
	struct bk_buf said = {0};
	struct denial denial;
	const char *name = name_of(route, address, err);

	int rc = name ? list(route, &said, err) : -1;
	if (rc == 0) {
		find(bk_buf_view(&said), name, &denial);
		const char *const words[] = {"-a", name, NULL};
		if (denial.there)
			rc = cyr_deny(route, words, &said, err);
	}
	bk_buf_clear(&said);
	return rc;
}

static int hold(struct bk_route *route, const char *address, const char *reason,
		struct bk_err *err)
{
	return deny(route, address, route->config.services, reason, err);
}

static int point(struct bk_route *route, const char *address,
		 enum bk_route_end end, struct bk_err *err)
{
	if (strcmp(bk_route_text(route, end), "open") == 0)
		return allow(route, address, err);
	return deny(route, address, route->config.services, MOVED, err);
}

static int deny_as_saved(struct bk_route *route, const char *address,
			 const char *saved, struct bk_err *err)
{
	struct bk_buf text = {0}, services = {0};

	bk_route_decode(&text, saved);
	const char *all = bk_buf_text(&text);
	size_t len = strcspn(all, " ");
	bk_buf_add(&services, all, len);
	int rc = deny(route, address, bk_buf_text(&services),
		      all + len + (all[len] ? 1 : 0), err);
	bk_buf_clear(&services);
	bk_buf_clear(&text);
	return rc;
}

static int back(struct bk_route *route, const char *address, const char *saved,
		struct bk_err *err)
{
	if (strcmp(saved, "open") == 0)
		return allow(route, address, err);
	if (strncmp(saved, "denied ", 7) == 0)
		return deny_as_saved(route, address, saved + 7, err);
	return bk_fail(err, BK_CORRUPT, "'%s' is no former state of it", saved);
}

/* It counts at once. */
static int settle(struct bk_route *route, const char *address,
		  struct bk_err *err)
{
	(void)route;
	(void)address;
	(void)err;
	return 0;
}

/* To deny once more ends what goes on. */
static int kick(struct bk_route *route, const char *address, struct bk_err *err)
{
	struct bk_arena arena = {0};
	enum bk_route_state state = BK_ROUTE_OTHER;
	const char *saved = NULL;

	int rc = look(route, address, &arena, &state, &saved, err);
	if (rc == 0 && strncmp(saved, "denied ", 7) == 0)
		rc = back(route, address, saved, err) < 0 ? -1 : 1;
	bk_arena_clear(&arena);
	return rc;
}

const struct bk_route_kind bk_route_cyrus = {
	.type = "cyrus-deny",
	.stops = BK_ROUTE_LOGINS | BK_ROUTE_DELIVERIES,
	.open = open_cyrus,
	.look = look,
	.hold = hold,
	.point = point,
	.back = back,
	.settle = settle,
	.kick = kick,
};
