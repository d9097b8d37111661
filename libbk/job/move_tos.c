/* Where a move goes: see move_tos.h. */

#include "job/move_tos.h"

#include <stdlib.h>
#include <string.h>

#include "base/arena.h"
#include "base/parse.h"
#include "job/route_settings.h"

#define WEIGHT_MOST  1000000
#define CAPACITY_BIT 20 /* capacities are compared by MiB */

void bk_move_tos_clear(struct bk_move_tos *tos)
{
	free(tos->items);
	free(tos->ends);
	free(tos->name);
	*tos = (struct bk_move_tos){0};
}

/* "mx2:3" of a section mx2: its name, and the weight. */
static int read_weight(struct bk_settings *settings, const char *word,
		       const char **name, uint64_t *weight, struct bk_err *err)
{
	const char *colon = strrchr(word, ':');

	*name = word;
	*weight = 0;
	if (!colon || bk_conf_find(&settings->conf, "server", word))
		return 0;
	*name = bk_arena_strndup(&settings->arena, word,
				 (size_t)(colon - word));
	if (bk_parse_number(colon + 1, WEIGHT_MOST, weight, err) < 0)
		return bk_context(err, "--to '%s': its weight", word);
	return *weight ? 0
		       : bk_fail(err, BK_MISUSE,
				 "--to '%s': with weight 0 nothing goes there; "
				 "leave it out",
				 word);
}

/* Several, or one with a weight: sections alone have no such characters in
 * their names as URLs and paths do. */
static bool is_list(const struct bk_settings *settings, const char *word)
{
	const char *colon = strrchr(word, ':');
	char *name = NULL;

	if (strchr(word, '/') || bk_conf_find(&settings->conf, "server", word))
		return false;
	if (strchr(word, ','))
		return true;
	if (colon)
		name = bk_strndup(word, (size_t)(colon - word));
	bool is = name && bk_conf_find(&settings->conf, "server", name);
	free(name);
	return is;
}

static int find_one(struct bk_move_tos *tos, struct bk_settings *settings,
		    const char *word, struct bk_err *err)
{
	static const struct bk_opt_list none;
	struct bk_move_end *end = &tos->ends[tos->n];
	const char *name = NULL;
	uint64_t weight = 0;

	if (read_weight(settings, word, &name, &weight, err) < 0 ||
	    bk_move_end_find(end, settings, name, &none, false, err) < 0)
		return -1;
	if (!end->remote || !end->settings.section)
		return bk_fail(err, BK_MISUSE,
			       "--to '%s': of several destinations each is a "
			       "[server] of %s",
			       name, settings->source);
	for (size_t i = 0; i < tos->n; i++)
		if (strcmp(tos->ends[i].name, end->name) == 0)
			return bk_fail(err, BK_MISUSE, "--to: %s comes twice",
				       end->name);
	tos->items[tos->n++] =
		(struct bk_move_to){.end = end, .weight = weight};
	return 0;
}

static void weigh(struct bk_move_tos *tos)
{
	bool by_capacity = true;

	for (size_t i = 0; i < tos->n; i++) {
		struct bk_move_to *to = &tos->items[i];
		const struct bk_server_settings *server = &to->end->settings;
		if (!to->weight)
			to->weight = server->weight;
		to->capacity = server->capacity ? server->capacity : UINT64_MAX;
		by_capacity = by_capacity && !to->weight && server->capacity;
	}
	for (size_t i = 0; i < tos->n; i++) {
		struct bk_move_to *to = &tos->items[i];
		if (by_capacity)
			to->weight = to->capacity >> CAPACITY_BIT;
		if (!to->weight)
			to->weight = 1;
	}
}

static char *name_of(const struct bk_move_tos *tos)
{
	struct bk_buf name = {0};

	for (size_t i = 0; i < tos->n; i++)
		bk_buf_printf(&name, "%s%s", i ? "," : "", tos->ends[i].name);
	char *kept = bk_strdup(bk_buf_text(&name));
	bk_buf_clear(&name);
	return kept;
}

static void make_room(struct bk_move_tos *tos, size_t n)
{
	tos->items = bk_alloc(n * sizeof(*tos->items));
	tos->ends = bk_alloc(n * sizeof(*tos->ends));
}

static int find_several(struct bk_move_tos *out, struct bk_settings *settings,
			const char *word, const struct bk_opt_list *options,
			struct bk_err *err)
{
	struct bk_names names = {0};
	int rc = 0;

	bk_names_add_words(&names, word);
	if (!names.n)
		rc = bk_fail(err, BK_MISUSE, "--to '%s' names no server", word);
	else if (options->n)
		rc = bk_fail(err, BK_MISUSE,
			     "--to-option is for one destination; of several "
			     "each has its section");
	make_room(out, names.n + 1);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = find_one(out, settings,
			      bk_arena_strdup(&settings->arena, names.items[i]),
			      err);
	bk_names_clear(&names);
	return rc;
}

int bk_move_tos_find(struct bk_move_tos *out, struct bk_settings *settings,
		     const char *word, const struct bk_opt_list *options,
		     struct bk_err *err)
{
	int rc;

	if (is_list(settings, word)) {
		rc = find_several(out, settings, word, options, err);
	} else {
		make_room(out, 1);
		rc = bk_move_end_find(&out->ends[0], settings, word, options,
				      false, err);
		out->items[0] = (struct bk_move_to){.end = &out->ends[0]};
		out->n = 1;
	}
	if (rc < 0)
		return -1;
	weigh(out);
	out->name = name_of(out);
	return 0;
}

/* ---- what leads there ---- */

static int check_end(const struct bk_move_end *end, const char *option,
		     struct bk_err *err)
{
	if (end->settings.section)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "--%s %s: a route leads to a [server] of the "
		       "configuration",
		       option, end->word);
}

static int find_routes(struct bk_move_to *to, struct bk_settings *settings,
		       const struct bk_move_end *from, const char *names,
		       struct bk_err *err)
{
	struct bk_route_config *routes = NULL;

	if (check_end(to->end, "to", err) < 0 ||
	    bk_settings_routes(settings, names, &from->settings,
			       &to->end->settings, &routes, &to->n_routes,
			       err) < 0)
		return -1;
	to->routes = routes;
	return to->n_routes ? 0
			    : bk_fail(err, BK_MISUSE,
				      "what leads people and mail to the "
				      "servers? There is no [route] in %s; see "
				      "bk.conf(5)",
				      settings->source);
}

int bk_move_tos_routes(struct bk_move_tos *tos, struct bk_settings *settings,
		       const struct bk_move_end *from, const char *names,
		       struct bk_err *err)
{
	if (check_end(from, "from", err) < 0)
		return -1;
	for (size_t i = 0; i < tos->n; i++)
		if (find_routes(&tos->items[i], settings, from, names, err) < 0)
			return -1;
	return 0;
}
