/* A program of the administrator's: bk.conf(5) says how it is called. */

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/escape.h"
#include "base/runline.h"
#include "route/route_kind.h"
#include "route/route_saved.h"

/* What it may exit with, besides 0. */
#define STATUS_NOT_THIS 3
#define STATUS_LATER    75 /* EX_TEMPFAIL of sysexits.h */

static int open_command(struct bk_route *route, struct bk_err *err)
{
	struct bk_route_config *config = &route->config;

	if (!config->command)
		return bk_fail(err, BK_MISUSE, "it needs a command");
	if (!config->source || !config->destination)
		return bk_fail(err, BK_MISUSE, "it needs both servers");
	if (config->wait_ms < 0)
		config->wait_ms = 0;
	return 0;
}

static int fail(const char *act, int status, struct bk_buf *complaint,
		struct bk_err *err)
{
	enum bk_kind kind = status == STATUS_NOT_THIS ? BK_REFUSED
			    : status == STATUS_LATER  ? BK_BUSY
						      : BK_FAILED;
	char *why = bk_escaped(bk_buf_text(complaint));

	bk_fail(err, kind, "%s: the command ended with status %d%s%s", act,
		status, *why ? ": " : "", why);
	free(why);
	return -1;
}

/* ACT ACCOUNT A B: 0, or -1; BK_REFUSED when it cannot for this account. */
static int run(struct bk_route *route, const char *act, const char *address,
	       const char *const more[2], struct bk_buf *said,
	       struct bk_err *err)
{
	const char *name = bk_route_account(route, address);
	const char *const words[] = {act, name, more[0], more[1], NULL};
	struct bk_runline program = {
		.line = route->config.command,
		.more = words,
		.timeout_ms = route->config.timeout_ms,
	};
	struct bk_buf complaint = {0};
	int status = 0;

	if (*name == '-')
		return bk_fail(err, BK_REFUSED, "'%s' would be an option",
			       name);
	if (route->config.alone)
		(void)pthread_mutex_lock(route->config.alone);
	int rc = bk_runline_try(&program, said, &complaint, &status, err);
	if (route->config.alone)
		(void)pthread_mutex_unlock(route->config.alone);
	if (rc == 0 && status)
		rc = fail(act, status, &complaint, err);
	bk_buf_clear(&complaint);
	return rc;
}

static int run_only(struct bk_route *route, const char *act,
		    const char *address, const char *const more[2],
		    struct bk_err *err)
{
	struct bk_buf said = {0};

	int rc = run(route, act, address, more, &said, err);
	bk_buf_clear(&said);
	return rc;
}

static int read_state(const char *text, enum bk_route_state *state,
		      struct bk_err *err)
{
	static const struct {
		const char *word;
		enum bk_route_state state;
	} words[] = {
		{"source",      BK_ROUTE_SOURCE     },
		{"held",        BK_ROUTE_HELD       },
		{"destination", BK_ROUTE_DESTINATION},
		{"none",        BK_ROUTE_NONE       },
		{"other",       BK_ROUTE_OTHER      },
	};
	size_t len = strcspn(text, "\n");

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (strlen(words[i].word) == len &&
		    strncmp(text, words[i].word, len) == 0) {
			*state = words[i].state;
			return 0;
		}
	char *shown = bk_escaped(text);
	bk_fail(err, BK_FAILED,
		"look: the command printed '%.40s' in place of source, held, "
		"destination, none or other",
		shown);
	free(shown);
	return -1;
}

static int look(struct bk_route *route, const char *address,
		struct bk_arena *arena, enum bk_route_state *state,
		const char **saved, struct bk_err *err)
{
	const char *const more[] = {route->config.source,
				    route->config.destination};
	struct bk_buf said = {0}, line = {0};

	int rc = run(route, "look", address, more, &said, err);
	const char *text = bk_buf_text(&said);
	if (rc == 0)
		rc = read_state(text, state, err);
	if (rc == 0) {
		text += strcspn(text, "\n");
		text += strspn(text, "\n");
		struct bk_view second = {(const uint8_t *)text,
					 strcspn(text, "\n")};
		bk_route_encode(&line, second);
		*saved = bk_arena_strdup(arena, bk_buf_text(&line));
	}
	bk_buf_clear(&line);
	bk_buf_clear(&said);
	return rc;
}

static int hold(struct bk_route *route, const char *address, const char *reason,
		struct bk_err *err)
{
	const char *const more[] = {reason, NULL};

	return run_only(route, "hold", address, more, err);
}

static int point(struct bk_route *route, const char *address,
		 enum bk_route_end end, struct bk_err *err)
{
	const char *const more[] = {end == BK_ROUTE_TO_SOURCE ? "source"
							      : "destination",
				    bk_route_text(route, end)};

	return run_only(route, "point", address, more, err);
}

static int back(struct bk_route *route, const char *address, const char *saved,
		struct bk_err *err)
{
	struct bk_buf text = {0};

	bk_route_decode(&text, saved);
	const char *const more[] = {bk_buf_text(&text), NULL};
	int rc = run_only(route, "back", address, more, err);
	bk_buf_clear(&text);
	return rc;
}

/* It returns when its act is in force, or its section says how long after. */
static int settle(struct bk_route *route, const char *address,
		  struct bk_err *err)
{
	(void)address;
	(void)err;
	bk_clock_rest(route->config.wait_ms);
	return 0;
}

static int kick(struct bk_route *route, const char *address, struct bk_err *err)
{
	const char *const more[] = {NULL, NULL};
	struct bk_err why = {0};

	if (run_only(route, "kick", address, more, &why) == 0)
		return 1;
	if (why.kind == BK_REFUSED)
		return 0;
	*err = why;
	return -1;
}

const struct bk_route_kind bk_route_command = {
	.type = "command",
	.stops = BK_ROUTE_LOGINS | BK_ROUTE_DELIVERIES,
	.open = open_command,
	.look = look,
	.hold = hold,
	.point = point,
	.back = back,
	.settle = settle,
	.kick = kick,
};
