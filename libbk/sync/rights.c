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
	if (pass->request->full || pass->rights.n)
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

	pass->knows_rights = !from->store->ops->settings;
	if (pass->knows_rights || !is_of_use(pass))
		return 0;
	pass->knows_rights = true;
	return from->store->ops->settings(from->store, from->account,
					  &pass->from, err);
}

/* Of a folder whose rights a server does not tell none are known; that is not
 * that nobody has any. */
static bool is_known(const struct bk_folder_pass *folder)
{
	const struct bk_sync_end *from = &folder->pass->request->from;

	return folder->pass->knows_rights &&
	       (folder->from->acl || !from->store->ops->settings);
}

/* By giving none, which not every store can; what was given since by people, or
 * is younger than the source, stays. */
static bool can_withdraw(const struct bk_folder_pass *folder)
{
	const struct bk_sync_request *request = folder->pass->request;

	return request->to.store->ops->settings && !request->once &&
	       !request->old;
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

/* Adds those that are gone, with no rights. */
static void withdraw(struct bk_folder_pass *folder)
{
	const struct bk_journal_rights *given = &folder->pass->rights;
	struct bk_folder *want = &folder->want;
	struct bk_acl_entry *all = bk_arena_alloc(
		&folder->arena, (want->n_acl + given->n) * sizeof(*all));
	size_t n = want->n_acl;

	if (n)
		memcpy(all, want->acl, n * sizeof(*all));
	for (size_t i = 0; i < given->n; i++)
		if (given->items[i].folder == folder->row.id &&
		    !bk_rights_find(want, given->items[i].who))
			all[n++] = (struct bk_acl_entry){
				.who = given->items[i].who, .rights = ""};
	want->acl = all;
	want->n_acl = n;
}

void bk_folder_pass_rights(struct bk_folder_pass *folder)
{
	const struct bk_rights_map *map = folder->pass->request->identities;

	if (map && folder->want.n_acl)
		bk_rights_map_apply(map, &folder->want, &folder->arena, tell,
				    folder);
	if (folder->pass->rights.n && folder->row.id && is_known(folder) &&
	    can_withdraw(folder))
		withdraw(folder);
}

bool bk_folder_pass_rights_differ(struct bk_folder_pass *folder)
{
	const struct bk_journal_rights *given = &folder->pass->rights;
	const struct bk_rights_map *map = folder->pass->request->identities;
	struct bk_folder now = {.acl = folder->from->acl,
				.n_acl = folder->from->n_acl};
	size_t same = 0;

	if (!given->n || !folder->row.id || !is_known(folder) ||
	    !can_withdraw(folder))
		return false;
	if (map && now.n_acl)
		bk_rights_map_apply(map, &now, &folder->arena, NULL, NULL);
	for (size_t i = 0; i < given->n; i++) {
		const struct bk_journal_right *was = &given->items[i];
		if (was->folder != folder->row.id)
			continue;
		const struct bk_acl_entry *is = bk_rights_find(&now, was->who);
		if (!is || strcmp(is->rights, was->rights) != 0)
			return true;
		same++;
	}
	return same != now.n_acl;
}

int bk_folder_pass_rights_given(struct bk_folder_pass *folder,
				struct bk_err *err)
{
	const struct bk_folder *want = &folder->want;

	if (!is_known(folder) || folder->dry_run)
		return 0;
	return bk_journal_rights_put(folder->pass->request->journal,
				     folder->row.id, want->acl, want->n_acl,
				     err);
}
