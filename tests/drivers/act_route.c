/*
 * Acts on a route in front of real servers: see libbk/route/route.h.
 *
 *	act_route KEY=VALUE... look ADDRESS
 *	act_route KEY=VALUE... hold ADDRESS REASON
 *	act_route KEY=VALUE... point ADDRESS source|destination
 *	act_route KEY=VALUE... back ADDRESS SAVED
 *	act_route KEY=VALUE... kick ADDRESS
 *
 * KEY is a member of struct bk_route_config, with wait and timeout in
 * milliseconds.  look prints the state and, on a line of its own, what back
 * takes.  It ends with 1 and the error, "KIND: text", when the act fails; with
 *3 for a kick that cannot be.
 */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "route/route.h"

static const char *const kinds[] = {
	[BK_GONE] = "gone",       [BK_REFUSED] = "refused",
	[BK_FULL] = "full",       [BK_BUSY] = "busy",
	[BK_LOST] = "lost",       [BK_DENIED] = "denied",
	[BK_CORRUPT] = "corrupt", [BK_MISUSE] = "misuse",
	[BK_STARVED] = "starved", [BK_FAILED] = "failed",
};

static const char *const states[] = {
	[BK_ROUTE_SOURCE] = "source",
	[BK_ROUTE_HELD] = "held",
	[BK_ROUTE_DESTINATION] = "destination",
	[BK_ROUTE_NONE] = "none",
	[BK_ROUTE_OTHER] = "other",
};

static void set_key(struct bk_route_config *config, const char *word)
{
	struct {
		const char *key;
		const char **to;
	} texts[] = {
		{"type=",        &config->type       },
		{"file=",        &config->file       },
		{"account=",     &config->account    },
		{"source=",      &config->source     },
		{"destination=", &config->destination},
		{"command=",     &config->command    },
		{"config=",      &config->config     },
		{"map=",         &config->map        },
		{"services=",    &config->services   },
	};

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strncmp(word, texts[i].key, strlen(texts[i].key)) == 0)
			*texts[i].to = word + strlen(texts[i].key);
	if (strncmp(word, "wait=", 5) == 0)
		config->wait_ms = strtoll(word + 5, NULL, 10);
	if (strncmp(word, "timeout=", 8) == 0)
		config->timeout_ms = strtoll(word + 8, NULL, 10);
}

static int look(struct bk_route *route, const char *address, struct bk_err *err)
{
	enum bk_route_state state = BK_ROUTE_OTHER;
	const char *saved = NULL;
	struct bk_arena arena = {0};

	int rc = bk_route_look(route, address, &arena, &state, &saved, err);
	if (rc == 0)
		printf("%s\n%s\n", states[state], saved);
	bk_arena_clear(&arena);
	return rc;
}

static int act(struct bk_route *route, char **words, struct bk_err *err)
{
	const char *verb = words[0], *address = words[1];
	const char *more = words[2] ? words[2] : "";

	if (strcmp(verb, "look") == 0)
		return look(route, address, err);
	if (strcmp(verb, "hold") == 0)
		return bk_route_hold(route, address, more, err);
	if (strcmp(verb, "point") == 0)
		return bk_route_point(route, address,
				      strcmp(more, "source") == 0
					      ? BK_ROUTE_TO_SOURCE
					      : BK_ROUTE_TO_DESTINATION,
				      err);
	if (strcmp(verb, "back") == 0)
		return bk_route_back(route, address, more, err);
	int rc = bk_route_kick(route, address, err);
	return rc < 0 ? -1 : rc ? 0 : 3;
}

int main(int argc, char **argv)
{
	struct bk_route_config config = {.name = "front", .wait_ms = -1};
	struct bk_route *route = NULL;
	struct bk_err err = {0};
	int first = 1;

	for (; first < argc && strchr(argv[first], '='); first++)
		set_key(&config, argv[first]);
	if (argc - first < 2) {
		(void)fprintf(stderr, "see the head of act_route.c\n");
		return 2;
	}
	int rc = bk_route_open(&route, &config, &err);
	if (rc == 0)
		rc = act(route, argv + first, &err);
	bk_route_close(route);
	if (rc < 0)
		(void)fprintf(stderr, "%s: %s\n", kinds[err.kind], err.text);
	return rc < 0 ? 1 : rc;
}
