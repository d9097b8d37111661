/*
 * The folders of a Maildir account.  Maildir++ has them side by side in the
 * root, ".A.B" below ".A"; in the fs layout they are folders in folders.  With
 * the layout "auto" both kinds are read, so that nothing that holds mail is
 * passed over because a setting was guessed wrong.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/dents.h"
#include "store/dovecot_files.h"
#include "store/maildir.h"
#include "store/name_table.h"

/* Levels of folders; a user can make more, but no server shows them. */
#define DEPTH_MAX 64

struct listing {
	struct bk_maildir *maildir;
	struct bk_arena *arena;
	struct bk_raw_folders *out;
	int root;
};

static bool is_there(int dir, const char *path)
{
	/* What may not be looked at counts: opening it will tell why. */
	return faccessat(dir, path, F_OK, AT_EACCESS) == 0 || errno == EACCES;
}

static bool holds_mail(int dir, const char *name)
{
	bool found = false;

	for (int i = 0; i < 2 && !found; i++) {
		char *path = bk_asprintf("%s/%s", name, i ? "new" : "cur");
		found = is_there(dir, path);
		free(path);
	}
	return found;
}

static void add_raw(struct listing *l, const char *raw)
{
	struct bk_raw_folders *out = l->out;
	size_t len = strlen(raw);

	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n].data =
		(const uint8_t *)bk_arena_strndup(l->arena, raw, len);
	out->items[out->n++].len = len;
}

static bool may_be_folder(const struct bk_dent *entry)
{
	return entry->type == DT_DIR || entry->type == DT_LNK ||
	       entry->type == DT_UNKNOWN;
}

static bool is_part(const char *name)
{
	return strcmp(name, "cur") == 0 || strcmp(name, "new") == 0 ||
	       strcmp(name, "tmp") == 0;
}

/* Every folder below `path` (NULL: the root) into the list; which of them
 * count is found out when all are known. */
static int list_level(struct listing *l, const char *path, struct bk_err *err)
{
	struct bk_dents dents;
	struct bk_dent entry;
	int rc;
	int dir = bk_path_open(l->root, path ? path : ".", O_PATH | O_DIRECTORY,
			       0, err);

	if (dir < 0)
		return -1;
	rc = bk_dents_open(&dents, dir, err);
	(void)close(dir);
	if (rc < 0)
		return -1;
	while ((rc = bk_dents_next(&dents, &entry, err)) > 0) {
		bool hidden = entry.name[0] == '.';
		if (!may_be_folder(&entry) || is_part(entry.name))
			continue;
		if (hidden ? path || l->maildir->layout == BK_LAYOUT_FS
			   : l->maildir->layout == BK_LAYOUT_MAILDIRPP)
			continue;
		char *raw = path ? bk_asprintf("%s/%s", path, entry.name)
				 : bk_strdup(entry.name);
		add_raw(l, raw);
		free(raw);
	}
	bk_dents_close(&dents);
	return rc;
}

static size_t depth_of(struct bk_view raw)
{
	size_t n = 0;

	for (size_t i = 0; i < raw.len; i++)
		n += raw.data[i] == '/';
	return n;
}

/* Dovecot renames a folder to this while it deletes it. */
static bool is_being_deleted(struct bk_view raw)
{
	static const char name[] = "..DOVECOT-TRASHED";

	return raw.len >= sizeof(name) - 1 &&
	       memcmp(raw.data, name, sizeof(name) - 1) == 0;
}

/* The levels above a folder in folders, by their names in `table`. */
static void keep_levels(struct bk_name_table *table, struct bk_view raw,
			bool *keep)
{
	for (size_t len = 1; len < raw.len; len++) {
		size_t at = 0;
		uint32_t i;
		if (raw.data[len] != '/')
			continue;
		struct bk_name_key key =
			bk_name_table_key(table, raw.data, len);
		while (bk_name_table_next(table, key, &at, &i))
			keep[i] = true;
	}
}

/* Folders that hold no mail and have none below them are not folders. */
static void drop_others(struct listing *l, size_t first)
{
	struct bk_raw_folders *out = l->out;
	struct bk_name_table table = {0};
	size_t n = out->n;
	bool *keep = bk_alloc(n);

	bk_name_table_reserve(&table, n);
	for (size_t i = first; i < n; i++)
		bk_name_table_add(&table,
				  bk_name_table_key(&table, out->items[i].data,
						    out->items[i].len),
				  (uint32_t)i);
	/* What was found later may lie below what was found before. */
	for (size_t i = n; i-- > first;) {
		struct bk_view raw = out->items[i];
		keep[i] |= !is_being_deleted(raw) &&
			   holds_mail(l->root, (const char *)raw.data);
		if (keep[i])
			keep_levels(&table, raw, keep);
	}
	out->n = first;
	for (size_t i = first; i < n; i++)
		if (keep[i])
			out->items[out->n++] = out->items[i];
	bk_name_table_clear(&table);
	free(keep);
}

int bk_maildir_raw_folders(struct bk_maildir *maildir, int root,
			   struct bk_arena *arena, struct bk_raw_folders *out,
			   struct bk_err *err)
{
	struct listing l = {maildir, arena, out, root};

	*out = (struct bk_raw_folders){0};
	if (is_there(root, "cur") || is_there(root, "new") ||
	    !holds_mail(root, ".INBOX"))
		add_raw(&l, ".");
	size_t first = out->n;
	if (list_level(&l, NULL, err) < 0)
		return -1;
	for (size_t i = first; i < out->n; i++) {
		struct bk_err why = {0};
		const char *raw = (const char *)out->items[i].data;
		if (raw[0] == '.' || depth_of(out->items[i]) >= DEPTH_MAX)
			continue;
		/* A file, a link or a folder that may not be read: if it counts
		 * as a folder, opening it says what is wrong. */
		(void)list_level(&l, raw, &why);
	}
	drop_others(&l, first);
	return 0;
}

/* ---- what a folder says about itself ---- */

static enum bk_layout layout_of_raw(struct bk_view raw)
{
	return raw.len && raw.data[0] == '.' ? BK_LAYOUT_MAILDIRPP
					     : BK_LAYOUT_FS;
}

static bool is_inbox(struct bk_view raw, bool has_root)
{
	if (raw.len == 1)
		return raw.data[0] == '.';
	return !has_root && raw.len == 6 && memcmp(raw.data, ".INBOX", 6) == 0;
}

/* "INBOX" without mail, in the fs layout, is where the inbox's children lie. */
static bool is_inbox_level(int root, struct bk_view raw)
{
	return raw.len == 5 && memcmp(raw.data, "INBOX", 5) == 0 &&
	       !holds_mail(root, "INBOX");
}

/* Takes the name, unless it is taken. */
static bool take_name(struct bk_name_table *taken, const char *name)
{
	struct bk_name_key key = bk_name_table_key(taken, name, strlen(name));
	size_t at = 0;
	uint32_t value;

	if (bk_name_table_next(taken, key, &at, &value))
		return false;
	bk_name_table_add(taken, key, 0);
	return true;
}

/* Two spellings of one name (UTF-8 beside UTF-7): the second is shown as it
 * lies. */
static void name_folder(struct bk_folder *folder, bool inbox,
			struct bk_name_table *taken)
{
	struct bk_buf name = {0};

	if (inbox) {
		bk_buf_add(&name, "INBOX", 5);
		(void)take_name(taken, "INBOX");
	} else {
		bk_folder_name_decode(folder->raw, layout_of_raw(folder->raw),
				      &name);
		if (!take_name(taken, bk_buf_text(&name))) {
			name.len = 0;
			bk_buf_add(&name, "./", 2);
			bk_folder_name_show(folder->raw, &name);
			(void)take_name(taken, bk_buf_text(&name));
		}
	}
	folder->name = bk_arena_strdup(&folder->arena, bk_buf_text(&name));
	bk_buf_clear(&name);
}

/* A small file of a folder; one that cannot be read is as none, except that
 * what stands in our way is told. */
static int read_small(int dir, const char *name, struct bk_buf *into,
		      struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_path_read(dir, name, BK_MAILDIR_SMALL_FILE, into, &why) == 0)
		return 1;
	if (why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static int read_acl(int root, struct bk_folder *folder, struct bk_buf *spare,
		    struct bk_err *err)
{
	static const char *const names[] = {"dovecot-acl", "courierimapacl"};
	int rc = 0;

	for (size_t i = 0; i < 2 && rc == 0; i++) {
		char *path =
			bk_asprintf("%.*s/%s", (int)folder->raw.len,
				    (const char *)folder->raw.data, names[i]);
		struct bk_err why = {0};
		rc = read_small(root, path, spare, &why);
		/* A folder behind a link is refused when it is opened. */
		if (rc < 0 && why.kind != BK_REFUSED && why.kind != BK_DENIED) {
			*err = why;
			free(path);
			return -1;
		}
		if (rc > 0)
			bk_acl_read(folder, bk_buf_view(spare));
		free(path);
	}
	return 0;
}

static bool is_subscribed(struct bk_subscriptions *subs,
			  const struct bk_folder *folder, bool inbox)
{
	const char *name = (const char *)folder->raw.data;
	bool found;

	if (inbox)
		return bk_subscriptions_has(subs, "INBOX");
	if (name[0] != '.')
		return bk_subscriptions_has(subs, name);
	/* Courier writes "INBOX.Sent", and so does a Dovecot that took over
	 * from it. */
	char *courier = bk_asprintf("INBOX%s", name);
	found = bk_subscriptions_has(subs, name + 1) ||
		bk_subscriptions_has(subs, courier);
	free(courier);
	return found;
}

int bk_maildir_subscriptions(struct bk_maildir *maildir,
			     const struct bk_account *account, char separator,
			     struct bk_subscriptions *subs, struct bk_err *err)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	int dir = bk_maildir_control_root(maildir, account, &why);
	int rc = -1;

	*subs = (struct bk_subscriptions){0};
	if (dir < 0 && why.kind == BK_GONE)
		return 0;
	if (dir < 0) {
		*err = why;
		return -1;
	}
	rc = read_small(dir, "subscriptions", &text, err);
	if (rc == 0)
		rc = read_small(dir, "courierimapsubscribed", &text, err);
	if (rc > 0)
		bk_subscriptions_read(subs, bk_buf_view(&text), separator);
	bk_buf_clear(&text);
	(void)close(dir);
	return rc < 0 ? -1 : 0;
}

enum bk_layout bk_maildir_layout_of(struct bk_maildir *maildir,
				    const struct bk_raw_folders *raw)
{
	bool fs = false;

	if (maildir->layout != BK_LAYOUT_AUTO)
		return maildir->layout;
	for (size_t i = 0; i < raw->n; i++) {
		if (raw->items[i].len == 1)
			continue;
		if (raw->items[i].data[0] == '.')
			return BK_LAYOUT_MAILDIRPP;
		fs = true;
	}
	return fs ? BK_LAYOUT_FS : BK_LAYOUT_MAILDIRPP;
}

static int by_name(const void *left, const void *right)
{
	const struct bk_folder *a = left;
	const struct bk_folder *b = right;
	bool a_inbox = strcmp(a->name, "INBOX") == 0;
	bool b_inbox = strcmp(b->name, "INBOX") == 0;

	if (a_inbox != b_inbox)
		return a_inbox ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int by_raw(const void *left, const void *right)
{
	const struct bk_view *a = left;
	const struct bk_view *b = right;

	/* Both end with a NUL that len does not count. */
	return strcmp((const char *)a->data, (const char *)b->data);
}

static void note_layout(struct bk_folder *folder)
{
	static const uint8_t fs[] = {'f', 's'};

	if (folder->raw.data[0] == '.')
		return;
	folder->annotations =
		bk_arena_alloc(&folder->arena, sizeof(*folder->annotations));
	folder->annotations[0] = (struct bk_property){
		BK_MAILDIR_LAYOUT, {fs, sizeof(fs)}
        };
	folder->n_annotations = 1;
}

static int describe(int root, const struct bk_raw_folders *raw,
		    struct bk_subscriptions *subs, struct bk_folder_list *out,
		    struct bk_err *err)
{
	struct bk_name_table taken = {0};
	struct bk_buf spare = {0};
	bool has_root = false;
	int rc = 0;

	for (size_t i = 0; i < raw->n; i++)
		has_root |= raw->items[i].len == 1;

	for (size_t i = 0; i < raw->n && rc == 0; i++) {
		if (is_inbox_level(root, raw->items[i]))
			continue;
		struct bk_folder *folder = bk_folder_list_add(out);
		bool inbox = is_inbox(raw->items[i], has_root);
		folder->raw.len = raw->items[i].len;
		folder->raw.data = (const uint8_t *)bk_arena_strndup(
			&folder->arena, (const char *)raw->items[i].data,
			raw->items[i].len);
		folder->delimiter = folder->raw.data[0] == '.' ? '.' : '/';
		name_folder(folder, inbox, &taken);
		note_layout(folder);
		folder->subscribed = is_subscribed(subs, folder, inbox);
		folder->no_select =
			!inbox &&
			!holds_mail(root, (const char *)folder->raw.data);
		rc = read_acl(root, folder, &spare, err);
		if (rc < 0)
			bk_context(err, "folder %s", folder->name);
	}
	bk_name_table_clear(&taken);
	bk_buf_clear(&spare);
	return rc;
}

int bk_maildir_folders(struct bk_store *store, const struct bk_account *account,
		       struct bk_folder_list *out, struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);
	struct bk_subscriptions subs = {0};
	struct bk_raw_folders raw = {0};
	struct bk_arena arena = {0};
	int rc = -1;
	int root = bk_maildir_root(maildir, account, err);

	if (root < 0)
		return -1;
	if (bk_maildir_raw_folders(maildir, root, &arena, &raw, err) < 0)
		goto out;
	/* The same order, whichever way the file system gives them: of two
	 * spellings of one name the same one is always shown as it lies. */
	if (raw.n)
		qsort(raw.items, raw.n, sizeof(*raw.items), by_raw);
	char separator =
		bk_maildir_layout_of(maildir, &raw) == BK_LAYOUT_FS ? '/' : '.';
	if (bk_maildir_subscriptions(maildir, account, separator, &subs, err) <
	    0)
		goto out;
	if (describe(root, &raw, &subs, out, err) < 0)
		goto out;
	qsort(out->items, out->n, sizeof(*out->items), by_name);
	rc = 0;
out:
	bk_subscriptions_clear(&subs);
	free(raw.items);
	bk_arena_clear(&arena);
	(void)close(root);
	return rc;
}
