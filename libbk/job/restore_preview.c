/*
 * A restore that is only listed: what it would bring back of each folder and,
 * with --replace, what is there and what it would take away.
 */

#include <string.h>

#include "base/cancel.h"
#include "job/restore_run.h"

/* A plain restore is listed by the set alone; --replace looks at what is
 * there, and has the last three besides. */
/* clang-format off */
static const struct bk_field fields[] = {
	{"ACCOUNT",    "account",    BK_FIELD_TEXT},
	{"FOLDER",     "folder",     BK_FIELD_TEXT},
	{"MESSAGES",   "messages",   BK_FIELD_COUNT},
	{"SIZE",       "bytes",      BK_FIELD_SIZE},
	{"TO ACCOUNT", "to_account", BK_FIELD_TEXT},
	{"TO FOLDER",  "to_folder",  BK_FIELD_TEXT},
	{"NEW",        "new",        BK_FIELD_COUNT},
	{"THERE",      "kept",       BK_FIELD_COUNT},
	{"TAKEN AWAY", "gone",       BK_FIELD_COUNT},
};
/* clang-format on */
#define FIELDS_REPLACE (sizeof(fields) / sizeof(*fields))
#define FIELDS_PLAIN   (FIELDS_REPLACE - 3)

struct preview {
	struct bk_restore *run;
	struct bk_listing *to;
	/* The account that folders are looked at of, if it is there. */
	const struct bk_set_account *from;
	struct bk_account here; /* strings in arena */
	struct bk_arena arena;
	struct bk_folder_list folders; /* that it has */
	bool failed;                   /* it could not be looked at */
	uint64_t added, bytes;
};

static uint64_t bytes_of(const struct bk_restore_folder *folder)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < folder->rows.n; i++)
		bytes += folder->rows.items[i].msg.size;
	return bytes;
}

static uint64_t bytes_to_do(const struct bk_restore_folder *folder)
{
	uint64_t bytes = 0;

	for (size_t i = 0; i < folder->n_todo; i++)
		bytes += folder->rows.items[folder->todo[i]].msg.size;
	return bytes;
}

static int list_row(struct preview *preview, const struct bk_restore_item *item,
		    const struct bk_restore_folder *folder, struct bk_err *err)
{
	const struct bk_cell cells[FIELDS_REPLACE] = {
		bk_cell_text(item->account->account.address),
		bk_cell_text(item->folder->folder.name),
		bk_cell_n(folder->rows.n),
		bk_cell_n(bytes_of(folder)),
		bk_cell_text(item->to_account),
		bk_cell_text(item->to_folder),
		bk_cell_n(folder->n_todo),
		bk_cell_n(folder->there),
		bk_cell_n(bk_restore_folder_others(folder)),
	};

	return bk_listing_row(preview->to, cells, err);
}

/* ---- what is there ---- */

static void forget_account(struct preview *preview)
{
	bk_folder_list_clear(&preview->folders);
	bk_arena_clear(&preview->arena);
	preview->arena = (struct bk_arena){0};
	preview->failed = false;
}

/* An account that is not there yet has no folders. */
static int look_at_account(struct preview *preview,
			   const struct bk_restore_item *item,
			   struct bk_err *err)
{
	struct bk_store *store = preview->run->store;
	struct bk_err why = {0};

	if (preview->from == item->account)
		return 0;
	forget_account(preview);
	preview->from = item->account;
	bk_restore_count_account(preview->run, item->account->account.address);
	if ((store->ops->find_account(store, item->to_account, &preview->arena,
				      &preview->here, &why) == 0 &&
	     store->ops->folders(store, &preview->here, &preview->folders,
				 &why) == 0) ||
	    why.kind == BK_GONE)
		return 0;
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	preview->failed = true;
	bk_restore_report_account(preview->run, item->account,
				  "would not be restored", &why);
	return 0;
}

static struct bk_folder *listed(const struct preview *preview, const char *name)
{
	for (size_t i = 0; i < preview->folders.n; i++)
		if (strcmp(preview->folders.items[i].name, name) == 0)
			return &preview->folders.items[i];
	return NULL;
}

static void count(struct preview *preview,
		  const struct bk_restore_folder *folder)
{
	preview->added += folder->n_todo;
	preview->bytes += bytes_to_do(folder);
	preview->run->there += folder->there;
	preview->run->missing += folder->missing;
	preview->run->removed += bk_restore_folder_others(folder);
}

/* 1: compared; 0: it could not be, and that was reported. */
static int look_at_folder(struct preview *preview,
			  struct bk_restore_folder *folder, struct bk_err *err)
{
	struct bk_restore *run = preview->run;
	const struct bk_restore_item *item = folder->item;
	struct bk_err why = {0};

	run->outcome->place = BK_PLACE_DESTINATION;
	if (look_at_account(preview, item, err) < 0)
		return -1;
	if (preview->failed) {
		bk_restore_count_lost(run, folder->wanted);
		return 0;
	}
	if (bk_restore_folder_look(folder, &run->into, &preview->here,
				   listed(preview, item->to_folder),
				   &why) == 0) {
		count(preview, folder);
		return 1;
	}
	if (!bk_restore_goes_on(why.kind)) {
		*err = why;
		return -1;
	}
	bk_restore_report_folder(run, item, folder->wanted,
				 "would not be restored", &why);
	return 0;
}

/* ---- all of it ---- */

static int list_item(struct preview *preview,
		     const struct bk_restore_item *item, struct bk_err *err)
{
	struct bk_restore *run = preview->run;
	struct bk_restore_folder folder = {0};

	run->outcome->place = BK_PLACE_REPO;
	int rc = bk_cancelled(err);
	if (rc == 0)
		rc = bk_restore_folder_read(&folder, &run->into, item, err);
	bool some = folder.rows.n || !bk_restore_is_choosy(run->request->wish);
	if (rc == 0 && some && (run->into.replace || run->into.heal))
		rc = look_at_folder(preview, &folder, err);
	else if (rc == 0)
		rc = some;
	if (rc > 0)
		rc = list_row(preview, item, &folder, err);
	bk_restore_folder_clear(&folder);
	return rc;
}

static void tell_end(const struct preview *preview)
{
	const struct bk_restore *run = preview->run;
	const struct bk_set_level *top = &run->chosen->levels[0];
	uint64_t all = preview->added + run->there;
	char label[BK_SET_NAME];
	struct bk_summary summary = {
		.act = BK_ACT_RESTORE,
		.result = BK_RESULT_PLANNED,
		.set = bk_set_name(label, top->id, top->root.kind),
		.store = run->to.config.name,
		.repo = run->set->repo->target->where,
		.accounts = run->accounts,
		.messages.total = all + run->writing.failed,
		.messages.added = preview->added,
		.messages.kept = run->there,
		.messages.flags = all,
		.messages.dates = all,
		.messages.gone = run->removed,
		.bytes.source = preview->bytes,
		.errors = run->writing.failed + run->errors,
	};

	bk_progress_finish(run->progress, &summary);
}

static int list_items(struct bk_restore *run, void *arg, struct bk_err *err)
{
	int rc = 0;

	for (size_t i = 0; i < run->plan->n && rc == 0; i++)
		rc = list_item(arg, &run->plan->items[i], err);
	return rc;
}

int bk_restore_preview(struct bk_restore *run, struct bk_err *err)
{
	bool replace = run->into.replace || run->into.heal;
	struct preview preview = {.run = run};

	preview.to = bk_listing_new(&run->request->style, "restore", fields,
				    replace ? FIELDS_REPLACE : FIELDS_PLAIN);
	int rc = bk_restore_each_source(run, list_items, &preview, err);
	forget_account(&preview);
	if (rc < 0) {
		bk_listing_free(preview.to);
		return -1;
	}
	rc = bk_listing_finish(preview.to, err);
	if (rc == 0)
		bk_restore_texts_preview(run);
	if (rc == 0 && replace)
		tell_end(&preview);
	return rc;
}
