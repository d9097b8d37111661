/* Messages that a set has no longer: see restore_deleted.h. */

#include "job/restore_deleted.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/pattern.h"
#include "job/choose.h"
#include "job/lookup.h"
#include "repo/id.h"

/* ---- what is known ---- */

static struct bk_name_key key_of(struct bk_restore_deleted *deleted,
				 const char *address, const struct bk_row *row)
{
	struct bk_buf name = {0};

	bk_buf_add(&name, row->digest, BK_DIGEST_LEN);
	bk_buf_add(&name, address, strlen(address));
	struct bk_name_key key =
		bk_name_table_key(&deleted->known, name.data, name.len);
	bk_buf_clear(&name);
	return key;
}

bool bk_restore_deleted_takes(struct bk_restore_deleted *deleted,
			      const char *address, const struct bk_row *row)
{
	struct bk_name_key key = key_of(deleted, address, row);
	size_t at = 0;
	uint32_t value;

	if (bk_name_table_next(&deleted->known, key, &at, &value))
		return false;
	deleted->taken =
		bk_array_room(deleted->taken, deleted->n_taken,
			      &deleted->cap_taken, sizeof(*deleted->taken));
	deleted->taken[deleted->n_taken++] = key;
	deleted->found++;
	return true;
}

void bk_restore_deleted_next(struct bk_restore_deleted *deleted)
{
	for (size_t i = 0; i < deleted->n_taken; i++)
		bk_name_table_add(&deleted->known, deleted->taken[i], 0);
	deleted->n_taken = 0;
}

static bool is_wanted(const struct bk_restore_wish *wish, const char *address)
{
	for (size_t i = 0; i < wish->accounts.n; i++)
		if (bk_pattern_account(wish->accounts.items[i], address))
			return true;
	return wish->accounts.n == 0;
}

/* All folders of the accounts: a message may have been moved. */
static int learn(struct bk_restore_deleted *deleted, struct bk_set *chosen,
		 const struct bk_restore_wish *wish, struct bk_err *err)
{
	struct bk_row_list rows = {0};
	int rc = 0;

	for (size_t i = 0; i < chosen->n_folders && rc == 0; i++) {
		const struct bk_set_folder *folder = &chosen->folders[i];
		const char *address =
			bk_set_account_by_id(chosen, folder->account_id)
				->account.address;
		if (!is_wanted(wish, address))
			continue;
		rc = bk_cancelled(err);
		if (rc == 0)
			rc = bk_set_rows(chosen, folder->id, false, &rows, err);
		for (size_t k = 0; k < rows.n && rc == 0; k++)
			bk_name_table_add(
				&deleted->known,
				key_of(deleted, address, &rows.items[k]), 0);
		bk_row_list_clear(&rows);
	}
	return rc;
}

/* ---- the sets ---- */

static bool is_of_store(const struct bk_set_info *info,
			const struct bk_root *root)
{
	return memcmp(info->root.host, root->host, BK_ID_LEN) == 0 &&
	       strcmp(info->root.store_name, root->store_name) == 0;
}

/* The sequence of the newest set not after the time; 0: the first one's. */
static int find_first(const struct bk_set_info_list *sets,
		      const struct bk_root *root, int64_t since,
		      uint64_t *sequence, struct bk_err *err)
{
	char host[BK_ID_TEXT];
	const struct bk_choice choice = {
		.host = bk_id_hex(host, root->host),
		.store = root->store_name,
		.at = since,
	};
	const struct bk_set_info *info = NULL;
	struct bk_err why = {0};

	*sequence = 0;
	if (bk_choose_set(sets, &choice, root->host, &info, &why) == 0) {
		*sequence = info->root.sequence;
		return 0;
	}
	if (why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static void tell_unread(struct bk_restore_deleted *deleted,
			const struct bk_restore_older *set, const char *why)
{
	char name[BK_SET_NAME];
	char *text = bk_asprintf(
		"set %s is left out, and what it alone has "
		"is not restored: %s",
		bk_set_name(name, set->id, set->kind), why);

	deleted->unread++;
	bk_progress_warning(deleted->progress, text);
	free(text);
}

static struct bk_restore_older older(const struct bk_set_info *info)
{
	struct bk_restore_older set = {.kind = info->root.kind};

	memcpy(set.id, info->id, BK_ID_LEN);
	return set;
}

static int list_sets(struct bk_restore_deleted *deleted,
		     const struct bk_set *chosen,
		     const struct bk_set_info_list *sets, struct bk_err *err)
{
	const struct bk_root *root = &chosen->levels[0].root;
	int64_t since = deleted->wish->deleted_since;
	uint64_t first = 0;

	if (find_first(sets, root, since, &first, err) < 0)
		return -1;
	for (size_t i = sets->n; i-- > 0;) {
		const struct bk_set_info *info = &sets->items[i];
		struct bk_restore_older set = older(info);
		int64_t at = bk_setid_ms(info->id) / 1000;
		if (info->broken) {
			if (at >= since &&
			    at <= bk_setid_ms(chosen->levels[0].id) / 1000)
				tell_unread(deleted, &set, info->broken);
			continue;
		}
		if (!is_of_store(info, root) || info->root.sequence < first ||
		    info->root.sequence >= root->sequence)
			continue;
		deleted->sets = bk_array_room(deleted->sets, deleted->n,
					      &deleted->cap, sizeof(set));
		deleted->sets[deleted->n++] = set;
	}
	return 0;
}

static void leave_out(struct bk_restore_deleted *deleted, size_t i)
{
	deleted->n--;
	memmove(&deleted->sets[i], &deleted->sets[i + 1],
		(deleted->n - i) * sizeof(*deleted->sets));
}

/* One that names nothing here may do so in another set. */
int bk_restore_deleted_source(struct bk_restore_deleted *deleted, size_t i,
			      struct bk_restore_source *out, struct bk_err *err)
{
	const struct bk_restore_older *set = &deleted->sets[i];
	const char *missing = NULL;
	struct bk_err why = {0};

	if (bk_set_open(&out->set, deleted->repo, set->id, &why) < 0) {
		tell_unread(deleted, set, why.text);
		leave_out(deleted, i);
		return 0;
	}
	if (bk_restore_plan_make(out->set, deleted->wish, &out->plan, &missing,
				 &why) == 0) {
		out->plan.whole_accounts = false;
		return 1;
	}
	if (why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	leave_out(deleted, i);
	return 0;
}

void bk_restore_source_clear(struct bk_restore_source *source)
{
	bk_restore_plan_clear(&source->plan);
	bk_set_close(source->set);
	*source = (struct bk_restore_source){0};
}

static int check_time(const struct bk_set *chosen, int64_t since,
		      struct bk_err *err)
{
	const struct bk_set_level *top = &chosen->levels[0];
	char text[BK_CLOCK_TEXT], name[BK_SET_NAME];

	if (bk_setid_ms(top->id) / 1000 > since)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "--deleted-since %s is not before the set, %s: a later "
		       "set has what was deleted after it",
		       bk_clock_format(text, since),
		       bk_set_name(name, top->id, top->root.kind));
}

int bk_restore_deleted_open(struct bk_restore_deleted *out,
			    struct bk_set *chosen,
			    const struct bk_restore_wish *wish,
			    struct bk_progress *progress, struct bk_err *err)
{
	struct bk_set_info_list sets = {0};

	out->repo = chosen->repo;
	out->wish = wish;
	out->progress = progress;
	if (check_time(chosen, wish->deleted_since, err) < 0 ||
	    bk_sets_list(chosen->repo, &sets, err) < 0)
		return -1;
	int rc = list_sets(out, chosen, &sets, err);
	bk_set_info_list_clear(&sets);
	return rc < 0 ? -1 : learn(out, chosen, wish, err);
}

void bk_restore_deleted_clear(struct bk_restore_deleted *deleted)
{
	free(deleted->sets);
	free(deleted->taken);
	bk_name_table_clear(&deleted->known);
	*deleted = (struct bk_restore_deleted){0};
}
