/* A folder that is being restored: see restore_folder.h. */

#include "job/restore_folder.h"

#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "job/restore_digest.h"
#include "job/restore_far.h"
#include "job/restore_heal.h"
#include "job/restore_lesser.h"

#define WHOLE_MAX ((size_t)4 << 20) /* larger messages are spooled */

static bool is_dated(const struct bk_restore_into *into)
{
	return into->since || into->before;
}

/* Is the row of the dates that are asked for? */
static bool is_in_time(const struct bk_restore_into *into,
		       const struct bk_row *row)
{
	return !is_dated(into) ||
	       (row->msg.date >= into->since && row->msg.date < into->before);
}

/* All rows are compared with what is there, lest one be taken for another of
 * the same content. */
static void count_wanted(struct bk_restore_folder *folder,
			 const struct bk_restore_into *into)
{
	const struct bk_row_list *rows = &folder->rows;
	uint64_t older = 0;

	folder->wanted = 0;
	for (size_t i = 0; i < rows->n; i++) {
		folder->wanted += is_in_time(into, &rows->items[i]);
		older +=
			is_dated(into) && rows->items[i].msg.date < into->since;
	}
	folder->part = folder->wanted < rows->n;
	folder->rest = folder->part && !older;
}

int bk_restore_folder_read(struct bk_restore_folder *out,
			   const struct bk_restore_into *into,
			   const struct bk_restore_item *item,
			   struct bk_err *err)
{
	struct bk_row_list *rows = &out->rows;
	size_t n = 0, which = 0;

	out->item = item;
	bk_restore_item_describe(&out->want, item, into->wish->into != NULL);
	bk_restore_people_of(&out->people, into->set, item);
	out->want.acl_watch = &out->people.watch;
	if (bk_set_rows(into->set, item->folder->id, true, rows, err) < 0)
		return -1;
	count_wanted(out, into);
	if (into->follow) {
		bk_restore_follow_want(into->follow, &out->want);
		bk_restore_follow_names(out, into);
	}
	if (!bk_restore_is_choosy(into->wish))
		return 0;
	for (size_t i = 0; i < rows->n; i++) {
		if (!bk_restore_wants(into->wish, &rows->items[i], &which) ||
		    (into->deleted &&
		     !bk_restore_deleted_takes(into->deleted,
					       item->account->account.address,
					       &rows->items[i])))
			continue;
		into->found[which]++;
		rows->items[n++] = rows->items[i];
	}
	rows->n = n;
	out->wanted = n;
	return 0;
}

/* ---- what is there ---- */

/* A message that cannot be looked at, or is gone by now, is not the one that
 * we have: ours is restored beside it. */
static bool concerns_one(enum bk_kind kind)
{
	return kind == BK_GONE || kind == BK_REFUSED || kind == BK_DENIED ||
	       kind == BK_FAILED || kind == BK_CORRUPT;
}

static int stat_present(struct bk_restore_folder *folder,
			const struct bk_restore_into *into,
			const struct bk_folder *listed, size_t i,
			struct bk_err *err)
{
	struct bk_message *msg = &folder->present.items[i];
	struct bk_store *store = into->store;
	struct bk_err why = {0};

	if (store->ops->stat(store, folder->account, listed, msg, &why) == 0)
		return 0;
	if (!concerns_one(why.kind)) {
		*err = why;
		return -1;
	}
	msg->size = UINT64_MAX;
	return 0;
}

/* Sizes and dates of what may be one of ours. */
static int stat_all(struct bk_restore_folder *folder,
		    const struct bk_restore_into *into,
		    const struct bk_folder *listed, bool named,
		    struct bk_err *err)
{
	for (size_t i = 0; i < folder->present.n; i++) {
		if ((folder->match.row_of[i] != BK_MATCH_NONE) != named)
			continue;
		if (bk_cancelled(err) < 0 ||
		    stat_present(folder, into, listed, i, err) < 0)
			return -1;
	}
	return 0;
}

/* The same name is the same message if size and date are; what is to become
 * as it was is read besides, and gets its date. */
static void confirm_names(struct bk_restore_folder *folder, bool replace)
{
	for (uint32_t i = 0; i < folder->rows.n; i++) {
		const struct bk_message *row = &folder->rows.items[i].msg;
		uint32_t at = folder->match.present_of[i];
		if (at == BK_MATCH_NONE)
			continue;
		const struct bk_message *here = &folder->present.items[at];
		if (here->size != row->size ||
		    (!replace && here->date != row->date))
			bk_match_part(&folder->match, i);
	}
}

/* Messages that are there being read, one after the other. */
struct reading {
	struct bk_restore_folder *folder;
	const struct bk_restore_into *into;
	const struct bk_folder *listed;
	struct bk_body body;
	struct bk_buf copy;
};

/* 1: its digest; 0: it cannot be read, and is not the one that we have. */
static int read_present(struct reading *reading, uint32_t i,
			uint8_t digest[BK_DIGEST_LEN], struct bk_err *err)
{
	struct bk_restore_folder *folder = reading->folder;
	struct bk_store *store = reading->into->store;
	struct bk_err why = {0};

	int rc = bk_cancelled(&why);
	if (rc == 0)
		rc = store->ops->fetch(store, folder->account, reading->listed,
				       &folder->present.items[i],
				       &reading->body, &why);
	if (rc == 0)
		rc = bk_restore_digest(reading->into->digester, &reading->body,
				       &reading->copy, digest, &why);
	if (rc == 0)
		return 1;
	if (concerns_one(why.kind))
		return 0;
	*err = why;
	return -1;
}

/* A name and a size prove nothing about the bytes. */
static int prove_names(struct reading *reading, struct bk_err *err)
{
	struct bk_restore_folder *folder = reading->folder;
	uint8_t digest[BK_DIGEST_LEN];

	for (uint32_t i = 0; i < folder->rows.n; i++) {
		uint32_t at = folder->match.present_of[i];
		if (at == BK_MATCH_NONE)
			continue;
		int rc = read_present(reading, at, digest, err);
		if (rc < 0)
			return -1;
		if (!rc || memcmp(digest, folder->rows.items[i].digest,
				  BK_DIGEST_LEN) != 0)
			bk_match_part(&folder->match, i);
	}
	return 0;
}

/* Reads messages of the right size, and pairs those of the right content. */
static int read_candidates(struct reading *reading, struct bk_match *match,
			   struct bk_err *err)
{
	uint8_t digest[BK_DIGEST_LEN];
	size_t n = 0;
	int rc = 0;
	uint32_t *candidates = bk_match_candidates(match, &n);

	for (size_t i = 0; i < n && rc >= 0; i++) {
		rc = read_present(reading, candidates[i], digest, err);
		if (rc > 0)
			(void)bk_match_content(match, candidates[i], digest);
	}
	free(candidates);
	return rc < 0 ? -1 : 0;
}

static int look_for_lesser(struct reading *reading, struct bk_err *err)
{
	struct bk_match *match = &reading->folder->match;
	struct bk_restore_lesser lesser = {0};
	int rc = bk_restore_lesser_read(&lesser, reading->folder, reading->into,
					err);

	if (rc > 0) {
		struct bk_match again = {&lesser.rows,  match->present,
					 match->row_of, match->present_of,
					 NULL,          match->wire};
		rc = read_candidates(reading, &again, err);
		free(again.by_digest);
	}
	bk_restore_lesser_clear(&lesser);
	return rc < 0 ? -1 : 0;
}

static int look_for_rest(struct reading *reading, struct bk_err *err)
{
	if (stat_all(reading->folder, reading->into, reading->listed, false,
		     err) < 0 ||
	    read_candidates(reading, &reading->folder->match, err) < 0)
		return -1;
	return look_for_lesser(reading, err);
}

static int look_and_read(struct reading *reading, struct bk_err *err)
{
	struct bk_restore_folder *folder = reading->folder;
	const struct bk_restore_into *into = reading->into;

	if (stat_all(folder, into, reading->listed, true, err) < 0)
		return -1;
	bool proves = into->replace || into->heal;
	confirm_names(folder, proves);
	if (proves && prove_names(reading, err) < 0)
		return -1;
	return look_for_rest(reading, err);
}

static int compare_listed(struct bk_restore_folder *folder,
			  const struct bk_restore_into *into,
			  const struct bk_folder *listed, struct bk_err *err)
{
	struct reading reading = {.folder = folder,
				  .into = into,
				  .listed = listed,
				  .body = BK_BODY(WHOLE_MAX)};

	if (!into->follow)
		bk_match_names(&folder->match);
	int rc = into->follow ? look_for_rest(&reading, err)
			      : look_and_read(&reading, err);
	bk_body_clear(&reading.body);
	bk_buf_clear(&reading.copy);
	return rc;
}

/* The folder as the store lists it: what stat and fetch want to be told. */
static int find_listed(const struct bk_restore_folder *folder,
		       const struct bk_restore_into *into,
		       struct bk_folder_list *all, const struct bk_folder **out,
		       struct bk_err *err)
{
	struct bk_store *store = into->store;

	if (store->ops->folders(store, folder->account, all, err) < 0)
		return -1;
	for (size_t i = 0; i < all->n; i++)
		if (strcmp(all->items[i].name, folder->want.name) == 0)
			*out = &all->items[i];
	return *out ? 0
		    : bk_fail(err, BK_FAILED,
			      "folder %s is not listed after it was made",
			      folder->want.name);
}

static int compare(struct bk_restore_folder *folder,
		   const struct bk_restore_into *into, struct bk_err *err)
{
	struct bk_folder_list all = {0};
	const struct bk_folder *listed = NULL;

	bk_match_init(&folder->match, &folder->rows, &folder->present);
	folder->match.wire = into->store->ops->far;
	if (into->follow && bk_restore_follow_known(folder, into, err) < 0)
		return -1;
	if (!folder->present.n || !folder->rows.n ||
	    (into->follow && !bk_restore_follow_has_strangers(folder)))
		return 0;
	int rc = find_listed(folder, into, &all, &listed, err);
	if (rc == 0)
		rc = compare_listed(folder, into, listed, err);
	bk_folder_list_clear(&all);
	if (rc == 0 && into->follow)
		rc = bk_restore_follow_known(folder, into, err);
	return rc;
}

static void list_todo(struct bk_restore_folder *folder,
		      const struct bk_restore_into *into)
{
	folder->todo = bk_alloc((folder->rows.n + 1) * sizeof(*folder->todo));
	for (uint32_t i = 0; i < folder->rows.n; i++)
		if (folder->match.present_of[i] == BK_MATCH_NONE &&
		    !(folder->had && folder->had[i]) &&
		    is_in_time(into, &folder->rows.items[i]))
			folder->todo[folder->n_todo++] = i;
	folder->there = folder->wanted - folder->n_todo;
	if (into->heal)
		bk_restore_heal_choose(folder);
}

static int open_and_compare(struct bk_restore_folder *folder,
			    const struct bk_restore_into *into,
			    struct bk_err *err)
{
	const struct bk_store_ops *ops = into->store->ops;

	if (ops->begin(into->store, folder->account, &folder->want,
		       into->uid_gap, &folder->writer, err) < 0 ||
	    ops->present(folder->writer, &folder->present, err) < 0 ||
	    compare(folder, into, err) < 0)
		return -1;
	list_todo(folder, into);
	return 0;
}

int bk_restore_folder_begin(struct bk_restore_folder *folder,
			    const struct bk_restore_into *into,
			    const struct bk_account *account,
			    struct bk_err *err)
{
	folder->account = account;
	if (open_and_compare(folder, into, err) < 0)
		return -1;
	if (!into->follow || !into->store->ops->far)
		return 0;
	int rc = bk_restore_far_renew(folder, into, err);
	bool renewed = rc == BK_FAR_NEW;
	if (rc > 0)
		rc = open_and_compare(folder, into, err);
	return rc < 0 ? -1 : bk_restore_far_check(folder, into, renewed, err);
}

int bk_restore_folder_look(struct bk_restore_folder *folder,
			   const struct bk_restore_into *into,
			   const struct bk_account *account,
			   struct bk_folder *listed, struct bk_err *err)
{
	struct bk_store *store = into->store;
	int rc = 0;

	folder->account = account;
	if (listed)
		rc = store->ops->scan(store, account, listed, &folder->present,
				      err);
	bk_match_init(&folder->match, &folder->rows, &folder->present);
	if (rc == 0 && folder->present.n && folder->rows.n)
		rc = compare_listed(folder, into, listed, err);
	list_todo(folder, into);
	return rc;
}

uint64_t bk_restore_folder_others(const struct bk_restore_folder *folder)
{
	uint64_t n = 0;

	if (folder->damaged)
		return folder->n_todo + folder->n_stale;
	for (size_t i = 0; i < folder->present.n; i++)
		n += folder->match.row_of[i] == BK_MATCH_NONE;
	return n;
}

/* ---- the end ---- */

static int settle_one(struct bk_folder_writer *writer,
		      const struct bk_message *here,
		      const struct bk_message *row, bool replace,
		      struct bk_err *err)
{
	const struct bk_store_ops *ops = writer->store->ops;
	struct bk_message want = *row;

	if (replace && here->date != row->date && ops->set_date &&
	    ops->set_date(writer, here, row->date, err) < 0)
		return -1;
	if (!replace) {
		if (!writer->keeps_uids || here->uid)
			return 0;
		want.flags = here->flags;
		want.n_keywords = here->n_keywords;
		want.keywords = here->keywords;
	}
	return ops->set_flags(writer, here, &want, err);
}

/* What is there keeps its flags, but gets its UID if a restore was cut off
 * before it could have one; with --replace it gets the set's flags and date
 * too. */
static int settle_present(struct bk_restore_folder *folder,
			  const struct bk_restore_into *into,
			  struct bk_restore_end *end, struct bk_err *err)
{
	for (size_t i = 0; i < folder->present.n; i++) {
		uint32_t row = folder->match.row_of[i];
		if (row == BK_MATCH_NONE)
			continue;
		struct bk_err why = {0};
		if (settle_one(folder->writer, &folder->present.items[i],
			       &folder->rows.items[row].msg, into->replace,
			       &why) == 0) {
			end->flags += into->replace;
			continue;
		}
		if (!concerns_one(why.kind)) {
			*err = why;
			return -1;
		}
		if (!end->refused++)
			end->why = why;
	}
	return 0;
}

static int remove_others(struct bk_restore_folder *folder,
			 struct bk_restore_end *end, struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;

	for (size_t i = 0; i < folder->present.n; i++) {
		if (folder->match.row_of[i] != BK_MATCH_NONE)
			continue;
		if (writer->store->ops->remove(
			    writer, &folder->present.items[i], err) < 0)
			return -1;
		end->removed++;
	}
	return 0;
}

static int settle(struct bk_restore_folder *folder,
		  const struct bk_restore_into *into,
		  struct bk_restore_end *end, struct bk_err *err)
{
	if (settle_present(folder, into, end, err) < 0)
		return -1;
	/* What is to go stays while something that should be here is not. */
	end->kept_extra = into->replace && atomic_load(&folder->failed);
	if (!into->replace || end->kept_extra)
		return 0;
	return remove_others(folder, end, err);
}

int bk_restore_folder_finish(struct bk_restore_folder *folder,
			     const struct bk_restore_into *into,
			     struct bk_restore_end *end, struct bk_err *err)
{
	struct bk_folder_writer *writer = folder->writer;
	const struct bk_store_ops *ops = into->store->ops;

	if ((into->follow ? bk_restore_follow_settle(folder, into, end, err)
			  : settle(folder, into, end, err)) < 0)
		return -1;
	folder->writer = NULL;
	if (ops->finish(writer, &end->result, err) < 0)
		return -1;
	return into->heal ? bk_restore_heal_remove(folder, into, err) : 0;
}

void bk_restore_folder_clear(struct bk_restore_folder *folder)
{
	if (folder->writer)
		folder->writer->store->ops->abort(folder->writer);
	bk_match_clear(&folder->match);
	bk_message_list_clear(&folder->present);
	bk_row_list_clear(&folder->rows);
	free(folder->todo);
	free(folder->damaged);
	free(folder->lost);
	free(folder->ours);
	free(folder->had);
	*folder = (struct bk_restore_folder){0};
}
