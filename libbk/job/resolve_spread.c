/* The targets of one that is spread over several: see resolve_spread.h. */

#include "job/resolve_spread.h"

#include <string.h>

#include "job/resolve.h"
#include "target/spread.h"

static int add_child(struct bk_settings *settings, const char *word,
		     const struct bk_spread_child_reach *before, unsigned n,
		     struct bk_spread_child_reach *out, struct bk_err *err)
{
	struct bk_target_settings child;

	if (!*word)
		return bk_fail(err, BK_MISUSE, "the name of a target is empty");
	if (bk_spread_is(word))
		return bk_fail(err, BK_MISUSE, "'%s' in another one", word);
	if (bk_settings_target(settings, word, &child, err) < 0)
		return -1;
	if (child.reach.spread)
		return bk_fail(err, BK_MISUSE,
			       "'%s' is spread over several targets itself",
			       word);
	for (unsigned i = 0; i < n; i++)
		if (bk_is_same_place(before[i].where, child.where))
			return bk_fail(err, BK_MISUSE,
				       "'%s' and '%s' are the same place",
				       before[i].name, word);
	*out = (struct bk_spread_child_reach){
		.name = child.name,
		.where = child.where,
		.reach = child.reach,
	};
	return 0;
}

static int add_children(struct bk_settings *settings, const char *names,
			const struct bk_spread_reach *spread,
			struct bk_err *err)
{
	for (unsigned n = 0; n < spread->shape.n; n++) {
		size_t len = strcspn(names, ",");
		const char *word =
			bk_arena_strndup(&settings->arena, names, len);
		if (add_child(settings, word, spread->children, n,
			      &spread->children[n], err) < 0)
			return -1;
		names += len + 1;
	}
	return 0;
}

int bk_resolve_spread(struct bk_settings *settings,
		      struct bk_target_settings *out, struct bk_err *err)
{
	const char *names = NULL;
	struct bk_spread_shape shape;

	if (!bk_spread_is(out->where))
		return 0;
	if (settings->common->target_options.n)
		return bk_fail(err, BK_MISUSE,
			       "-o says how one server is reached; for each of "
			       "%s its own [target] section does",
			       out->where);
	if (bk_spread_parse(&shape, out->where, &names, err) < 0)
		return -1;
	struct bk_spread_reach *spread =
		bk_arena_alloc(&settings->arena, sizeof(*spread));
	spread->shape = shape;
	spread->children = bk_arena_alloc(&settings->arena,
					  shape.n * sizeof(*spread->children));
	if (add_children(settings, names, spread, err) < 0)
		return bk_context(err, "%s", out->where);
	out->reach.spread = spread;
	return 0;
}
