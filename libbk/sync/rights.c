/* Rights and annotations of folders on their way: see rights_map.h. */

#include <stdlib.h>
#include <string.h>

#include "sync/pass.h"
#include "sync/rights_map.h"

/* To ask takes round trips that a pass without anything new has no use for. */
static bool is_of_use(struct bk_pass *pass)
{
	const struct bk_folder_map *map = &pass->map;

	if (pass->request->dry_run)
		return false;
	if (pass->request->full)
		return true;
	for (size_t i = 0; i < map->n; i++)
		if (map->pairs[i].why != BK_FOLDER_LEFT &&
		    !map->pairs[i].from->no_select &&
		    !bk_pass_row(pass, map->pairs[i].from->name))
			return true;
	return false;
}

int bk_pass_rights(struct bk_pass *pass, struct bk_err *err)
{
	const struct bk_sync_end *from = &pass->request->from;

	if (!from->store->ops->settings || !is_of_use(pass))
		return 0;
	return from->store->ops->settings(from->store, from->account,
					  &pass->from, err);
}

static void tell(void *arg, const char *who, bool left)
{
	const struct bk_folder_pass *folder = arg;
	char *text = bk_asprintf("%s: %s: rights of %s: %s",
				 folder->pass->request->name, folder->name, who,
				 left ? "left out, as the identities say"
				      : "no counterpart is named, so it keeps "
					"its name");

	bk_progress_note(folder->pass->request->progress, text);
	free(text);
}

void bk_folder_pass_rights(struct bk_folder_pass *folder)
{
	const struct bk_rights_map *map = folder->pass->request->identities;

	if (map && folder->want.n_acl)
		bk_rights_map_apply(map, &folder->want, &folder->arena, tell,
				    folder);
}
