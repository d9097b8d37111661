/* Servers and stores by name: see move_known.h. */

#include "job/move_known.h"

#include <stdlib.h>

static size_t add_type(struct bk_move_known *to, struct bk_settings *settings,
		       const char *type)
{
	static const struct bk_opt_list none;
	const struct bk_conf_section *at = NULL;
	size_t n = 0;

	while ((at = bk_conf_next(&settings->conf, type, at))) {
		struct bk_move_end end;
		struct bk_err ignored = {0};
		if (bk_move_end_find(&end, settings, at->name, &none, true,
				     &ignored) < 0)
			continue;
		char *identity = bk_move_end_identity(&end);
		to[n++] = (struct bk_move_known){
			.name = end.name,
			.identity = bk_arena_strdup(&settings->arena, identity),
		};
		free(identity);
	}
	return n;
}

void bk_move_known_find(struct bk_move_request *request,
			struct bk_settings *settings)
{
	struct bk_move_known *all = bk_arena_alloc(
		&settings->arena, (settings->conf.n + 1) * sizeof(*all));
	size_t n = add_type(all, settings, "server");

	n += add_type(all + n, settings, "store");
	request->known = all;
	request->n_known = n;
}
