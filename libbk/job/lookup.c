/* Accounts and folders by name, and the nearest ones: see lookup.h. */

#include "job/lookup.h"

#include <string.h>

#include "base/arena.h"
#include "base/nearest.h"
#include "base/pattern.h"

const struct bk_set_account *bk_lookup_account(const struct bk_set *set,
					       const char *address)
{
	const struct bk_set_account *found = bk_set_account_find(set, address);

	for (size_t i = 0; !found && i < set->n_accounts; i++)
		if (strcasecmp(set->accounts[i].account.address, address) == 0)
			found = &set->accounts[i];
	return found;
}

const struct bk_set_folder *bk_lookup_folder(const struct bk_set *set,
					     uint32_t account_id,
					     const char *name)
{
	const struct bk_set_folder *found = NULL;

	for (size_t i = 0; i < set->n_folders; i++) {
		const struct bk_set_folder *folder = &set->folders[i];
		if (folder->account_id != account_id)
			continue;
		if (strcmp(folder->folder.name, name) == 0)
			return folder;
		if (strcasecmp(name, "INBOX") == 0 &&
		    strcmp(folder->folder.name, "INBOX") == 0)
			found = folder;
	}
	return found;
}

/* ---- nothing fits ---- */

static bool has_account(const struct bk_set *set, const char *word)
{
	for (size_t i = 0; i < set->n_accounts; i++)
		if (bk_pattern_account(word, set->accounts[i].account.address))
			return true;
	return false;
}

/* What a walk through all sets found out. */
struct elsewhere {
	struct bk_arena arena; /* of what nearest keeps */
	struct bk_nearest nearest;
	size_t sets;   /* that have it */
	size_t offers; /* sets that have the nearest */
	uint8_t newest[BK_ID_LEN];
};

static void offer(struct elsewhere *out, const struct bk_set *set)
{
	for (size_t i = 0; i < set->n_accounts; i++) {
		const char *address = set->accounts[i].account.address;
		struct bk_nearest *near = &out->nearest;
		const char *before = near->best;
		if (before && strcmp(before, address) == 0)
			continue;
		bk_nearest_offer(near, address);
		if (near->best != before)
			near->best = bk_arena_strdup(&out->arena, address);
	}
}

/* The first time for the name, the second time, when the nearest is known, to
 * count the sets that have that. */
static void look_into(const struct bk_set *set, const char *word, bool again,
		      struct elsewhere *out)
{
	if (again) {
		out->offers += has_account(set, out->nearest.best);
		return;
	}
	offer(out, set);
	if (!has_account(set, word))
		return;
	out->sets++;
	memcpy(out->newest, set->levels[0].id, BK_ID_LEN);
}

static void look_around(const struct bk_repo *repo,
			const struct bk_set_info_list *sets,
			const struct bk_choice *choice, const char *word,
			bool again, struct elsewhere *out)
{
	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_set_info *info = &sets->items[i];
		struct bk_err ignored = {0};
		struct bk_set *set = NULL;
		if (info->broken || !bk_choice_takes(choice, info) ||
		    bk_set_open(&set, repo, info->id, &ignored) < 0)
			continue;
		look_into(set, word, again, out);
		bk_set_close(set);
	}
}

int bk_lookup_no_account(const struct bk_set *set,
			 const struct bk_choice *choice, const char *word,
			 struct bk_err *err)
{
	char name[BK_SET_NAME], hex[BK_ID_TEXT];
	const struct bk_set_level *top = &set->levels[0];
	struct bk_set_info_list sets = {0};
	struct elsewhere found = {0};
	struct bk_err ignored = {0};

	bk_nearest_init(&found.nearest, word);
	offer(&found, set);
	if (bk_sets_list(set->repo, &sets, &ignored) == 0)
		look_around(set->repo, &sets, choice, word, false, &found);
	if (!found.sets && found.nearest.best)
		look_around(set->repo, &sets, choice, word, true, &found);
	if (found.sets)
		bk_fail(err, BK_GONE,
			"'%s' is not in set %s; it is in %zu other%s, the "
			"newest %.16s",
			word, bk_set_name(name, top->id, top->root.kind),
			found.sets, found.sets == 1 ? "" : "s",
			bk_id_hex(hex, found.newest));
	else if (found.nearest.best)
		bk_fail(err, BK_GONE,
			"'%s' is in no set; nearest: %s (%zu set%s)", word,
			found.nearest.best, found.offers,
			found.offers == 1 ? "" : "s");
	else
		bk_fail(err, BK_GONE, "'%s' is in no set; run: bk list %.16s",
			word, bk_id_hex(hex, top->id));
	bk_arena_clear(&found.arena);
	bk_set_info_list_clear(&sets);
	return -1;
}

int bk_lookup_no_folder(const struct bk_set *set,
			const struct bk_set_account *account, const char *word,
			struct bk_err *err)
{
	const struct bk_set_level *top = &set->levels[0];
	char name[BK_SET_NAME], hex[BK_ID_TEXT];
	struct bk_nearest near;

	bk_nearest_init(&near, word);
	for (size_t i = 0; i < set->n_folders; i++)
		if (!account || set->folders[i].account_id == account->id)
			bk_nearest_offer(&near, set->folders[i].folder.name);
	bk_set_name(name, top->id, top->root.kind);
	if (near.best)
		return bk_fail(
			err, BK_GONE,
			"no folder '%s' of %s in set %s; nearest: %s", word,
			account ? account->account.address : "these accounts",
			name, near.best);
	return bk_fail(err, BK_GONE,
		       "no folder '%s' of %s in set %s; see: bk list %.16s%s%s",
		       word,
		       account ? account->account.address : "these accounts",
		       name, bk_id_hex(hex, top->id), account ? " " : "",
		       account ? account->account.address : "");
}
