/* A set as a store: see setstore.h. */

#include "store/setstore.h"

#include <stdlib.h>
#include <string.h>

#include "repo/chunk_reader.h"
#include "repo/set.h"
#include "store/body.h"
#include "store/kept_texts.h"

#define CACHE_BYTES ((size_t)64 << 20)

struct setstore {
	struct bk_store store; /* first */
	struct bk_set *set;
	struct bk_chunk_reader *reader;
	/* Of the folder that was scanned last, with their bodies. */
	const struct bk_set_folder *of;
	struct bk_row_list rows;
};

static struct setstore *setstore_of(struct bk_store *store)
{
	return (struct setstore *)store;
}

static void close_store(struct bk_store *store)
{
	struct setstore *s = setstore_of(store);

	bk_row_list_clear(&s->rows);
	bk_chunk_reader_free(s->reader);
	free(s);
}

/* ---- accounts and folders ---- */

/* Strings stay the set's. */
static void add_account(const struct bk_account *from, struct bk_account *to)
{
	*to = *from;
	to->root = "";
}

static int list_accounts(struct bk_store *store, struct bk_account_list *out,
			 struct bk_err *err)
{
	const struct bk_set *set = setstore_of(store)->set;

	(void)err;
	for (size_t i = 0; i < set->n_accounts; i++)
		add_account(&set->by_address[i]->account,
			    bk_account_list_add(out));
	return 0;
}

static int find_account(struct bk_store *store, const char *address,
			struct bk_arena *arena, struct bk_account *out,
			struct bk_err *err)
{
	const struct bk_set_account *found =
		bk_set_account_find(setstore_of(store)->set, address);

	(void)arena;
	if (!found)
		return bk_fail(err, BK_GONE, "'%s' is not in the set", address);
	add_account(&found->account, out);
	return 0;
}

static int by_name_inbox_first(const void *a, const void *b)
{
	const struct bk_folder *x = a, *y = b;
	bool inbox_x = strcmp(x->name, "INBOX") == 0;
	bool inbox_y = strcmp(y->name, "INBOX") == 0;

	if (inbox_x != inbox_y)
		return inbox_x ? -1 : 1;
	return strcmp(x->name, y->name);
}

/* Its strings stay the set's. */
static void add_folder(const struct bk_set_folder *from, struct bk_folder *to)
{
	*to = from->folder;
	to->arena = (struct bk_arena){0};
	to->cap_keywords = 0;
	to->counted = true;
	to->messages = from->messages;
	to->driver = NULL;
}

static int list_folders(struct bk_store *store,
			const struct bk_account *account,
			struct bk_folder_list *out, struct bk_err *err)
{
	const struct bk_set *set = setstore_of(store)->set;
	const struct bk_set_account *of =
		bk_set_account_find(set, account->address);
	const struct bk_set_folder *folder;

	if (!of)
		return bk_fail(err, BK_GONE, "'%s' is not in the set",
			       account->address);
	for (size_t i = 0; (folder = bk_set_folder_of(set, of->id, i)); i++)
		add_folder(folder, bk_folder_list_add(out));
	if (out->n)
		qsort(out->items, out->n, sizeof(*out->items),
		      by_name_inbox_first);
	return 0;
}

/* ---- messages ---- */

/* The rows of a folder are the store's rows then. */
static int read_rows(struct setstore *s, const struct bk_account *account,
		     const struct bk_folder *folder, struct bk_err *err)
{
	const struct bk_set_account *of =
		bk_set_account_find(s->set, account->address);
	const struct bk_set_folder *found =
		of ? bk_set_folder_named(s->set, of->id, folder->name) : NULL;

	if (!found)
		return bk_fail(err, BK_GONE, "%s is not in the set",
			       folder->name);
	if (s->of == found)
		return 0;
	bk_row_list_clear(&s->rows);
	s->of = NULL;
	if (bk_set_rows(s->set, found->id, true, &s->rows, err) < 0)
		return -1;
	s->of = found;
	return 0;
}

static void add_message(struct bk_message_list *out,
			const struct bk_folder *folder,
			const struct bk_message *row)
{
	struct bk_message *msg = bk_message_list_add(out);
	bool has_uid = row->uid && folder->uid_validity;

	*msg = *row;
	msg->file = "";
	msg->name = has_uid ? "" : bk_arena_strdup(&out->arena, row->name);
	msg->keywords =
		bk_arena_memdup(&out->arena, row->keywords,
				row->n_keywords * sizeof(*row->keywords));
}

static int scan(struct bk_store *store, const struct bk_account *account,
		struct bk_folder *folder, struct bk_message_list *out,
		struct bk_err *err)
{
	struct setstore *s = setstore_of(store);

	if (read_rows(s, account, folder, err) < 0)
		return -1;
	for (size_t i = 0; i < s->rows.n; i++)
		add_message(out, folder, &s->rows.items[i].msg);
	return 0;
}

static const struct bk_row *find_row(const struct setstore *s,
				     const struct bk_message *msg)
{
	size_t low = 0, high = s->rows.n;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct bk_message *row = &s->rows.items[middle].msg;
		int order = row->uid < msg->uid   ? -1
			    : row->uid > msg->uid ? 1
			    : !*msg->name         ? 0
					  : strcmp(row->name, msg->name);
		if (order == 0)
			return &s->rows.items[middle];
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* What is damaged concerns this message alone. */
static int join(struct setstore *s, const struct bk_row *row,
		struct bk_body_sink *to, struct bk_err *err)
{
	if (bk_chunk_reader_join(s->reader, row, &to->sink, err) == 0)
		return bk_body_sink_end(to, err);
	if (err->kind == BK_CORRUPT || err->kind == BK_GONE ||
	    err->kind == BK_FAILED)
		err->kind = BK_REFUSED;
	return -1;
}

static int fetch(struct bk_store *store, const struct bk_account *account,
		 const struct bk_folder *folder, struct bk_message *msg,
		 struct bk_body *body, struct bk_err *err)
{
	struct setstore *s = setstore_of(store);
	struct bk_body_sink sink;

	if (read_rows(s, account, folder, err) < 0)
		return -1;
	const struct bk_row *row = find_row(s, msg);
	if (!row)
		return bk_fail(err, BK_GONE, "it is not in the set");
	bk_body_sink_init(&sink, body);
	if (join(s, row, &sink, err) < 0)
		return -1;
	msg->size = row->msg.size;
	msg->date = row->msg.date;
	return 0;
}

/* scan() has told both. */
static int stat_message(struct bk_store *store,
			const struct bk_account *account,
			const struct bk_folder *folder, struct bk_message *msg,
			struct bk_err *err)
{
	(void)store;
	(void)account;
	(void)folder;
	(void)msg;
	(void)err;
	return 0;
}

static int scripts(struct bk_store *store, const struct bk_account *account,
		   struct bk_script_list *out, struct bk_err *err)
{
	(void)store;
	(void)err;
	bk_script_list_clear(out);
	return bk_kept_texts(BK_TEXT_SCRIPTS, account, out);
}

static int annotations(struct bk_store *store, const struct bk_account *account,
		       const struct bk_script_list *also,
		       struct bk_script_list *out, struct bk_err *err)
{
	(void)store;
	(void)also;
	(void)err;
	bk_script_list_clear(out);
	return bk_kept_texts(BK_TEXT_ANNOTATIONS, account, out);
}

static const struct bk_store_ops ops = {
	.type = "set",
	.close = close_store,
	.accounts = list_accounts,
	.folders = list_folders,
	.scan = scan,
	.fetch = fetch,
	.stat = stat_message,
	.find_account = find_account,
	.scripts = scripts,
	.annotations = annotations,
};

struct bk_store *bk_setstore_open(struct bk_set *set)
{
	struct setstore *s = bk_alloc(sizeof(*s));

	s->store.ops = &ops;
	s->store.where = "the set";
	s->set = set;
	s->reader = bk_chunk_reader_new(set, CACHE_BYTES);
	return &s->store;
}
