/*
 * The folders of an mbox account: the files of its tree, by their paths.  A
 * folder "a/b" is the file "b" in the folder "a", as Dovecot has it; where "a"
 * is a file too, it is in the folder "a.sbd", as Thunderbird has it.  What has
 * a dot before its name is Dovecot's own; locks and Thunderbird's indexes
 * (.msf) are passed over.  What is no file is listed all the same, and refused
 * when it is scanned.
 */

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "base/path.h"
#include "store/dents.h"
#include "store/folder_name.h"
#include "store/mbox.h"

#define DEPTH_MAX 64

struct listing {
	struct bk_folder_list *out;
	struct bk_subscriptions subs;
	int root;
	struct stat inbox; /* st_ino 0: not in here */
};

static bool ends_with(const char *name, const char *end)
{
	size_t len = strlen(name), n = strlen(end);

	return len > n && strcmp(name + len - n, end) == 0;
}

static bool is_passed_over(const char *name)
{
	return name[0] == '.' || ends_with(name, ".lock") ||
	       ends_with(name, ".msf");
}

void bk_mbox_plain_path(struct bk_buf *out, const char *path)
{
	out->len = 0;
	for (const char *at = path;; at++) {
		size_t len = strcspn(at, "/");
		size_t cut = at[len] && len > 4 &&
					     strncmp(at + len - 4,
						     BK_MBOX_BELOW, 4) == 0
				     ? 4
				     : 0;
		bk_buf_add(out, at, len - cut);
		at += len;
		if (!*at)
			break;
		bk_buf_add_u8(out, '/');
	}
	(void)bk_buf_text(out);
}

static bool is_listed(const struct listing *l, const char *name)
{
	for (size_t i = 0; i < l->out->n; i++)
		if (strcmp(l->out->items[i].name, name) == 0)
			return true;
	return false;
}

/* Two spellings of one name: the second is shown as it lies. */
static void add_folder(struct listing *l, const char *path, bool no_select)
{
	struct bk_buf name = {0};
	struct bk_buf plain = {0};
	bool inbox = strcmp(path, ".") == 0;

	bk_mbox_plain_path(&plain, inbox ? "INBOX" : path);
	if (inbox)
		bk_buf_add(&name, plain.data, plain.len);
	else
		bk_folder_name_decode(bk_buf_view(&plain), BK_LAYOUT_FS, &name);
	/* "INBOX" of "INBOX/inside" is no folder beside the inbox. */
	if (no_select && strcasecmp(bk_buf_text(&plain), "INBOX") == 0)
		goto out;
	while (is_listed(l, bk_buf_text(&name))) {
		if (no_select)
			goto out;
		bk_buf_add_u8(&name, '~');
	}
	struct bk_folder *folder = bk_folder_list_add(l->out);
	folder->name = bk_arena_strdup(&folder->arena, bk_buf_text(&name));
	folder->raw.len = strlen(path);
	folder->raw.data =
		(const uint8_t *)bk_arena_strdup(&folder->arena, path);
	folder->delimiter = '/';
	folder->no_select = no_select;
	folder->subscribed =
		bk_subscriptions_has(&l->subs, bk_buf_text(&plain));
out:
	bk_buf_clear(&plain);
	bk_buf_clear(&name);
}

static bool is_inbox(const struct listing *l, const struct stat *st)
{
	return l->inbox.st_ino && st->st_ino == l->inbox.st_ino &&
	       st->st_dev == l->inbox.st_dev;
}

struct levels {
	char **items; /* owned */
	size_t n, cap;
};

static int list_level(struct listing *l, const char *path, struct levels *below,
		      struct bk_err *err)
{
	struct bk_dents dents;
	struct bk_dent entry;
	int dir = bk_path_open(l->root, path, O_PATH | O_DIRECTORY, 0, err);
	int rc = dir < 0 ? -1 : bk_dents_open(&dents, dir, err);

	if (rc < 0)
		goto out;
	while ((rc = bk_dents_next(&dents, &entry, err)) > 0) {
		struct stat st;
		if (is_passed_over(entry.name) ||
		    fstatat(dir, entry.name, &st, AT_SYMLINK_NOFOLLOW) < 0 ||
		    is_inbox(l, &st))
			continue;
		char *at = strcmp(path, ".") == 0
				   ? bk_strdup(entry.name)
				   : bk_asprintf("%s/%s", path, entry.name);
		if (!S_ISDIR(st.st_mode)) {
			add_folder(l, at, false);
			free(at);
			continue;
		}
		below->items =
			bk_array_room(below->items, below->n, &below->cap,
				      sizeof(*below->items));
		below->items[below->n++] = at;
	}
	bk_dents_close(&dents);
out:
	bk_path_close(&dir);
	return rc < 0 ? bk_context(err, "%s", path) : 0;
}

static unsigned depth_of(const char *path)
{
	unsigned n = 1;

	for (; *path; path++)
		n += *path == '/';
	return n;
}

static int list_tree(struct listing *l, struct bk_err *err)
{
	struct levels all = {0};
	int rc = list_level(l, ".", &all, err);

	for (size_t i = 0; i < all.n && rc == 0; i++)
		if (depth_of(all.items[i]) < DEPTH_MAX)
			rc = list_level(l, all.items[i], &all, err);
	/* Levels that hold no mail of their own. */
	for (size_t i = 0; i < all.n; i++) {
		char *level = all.items[i];
		if (ends_with(level, BK_MBOX_BELOW))
			level[strlen(level) - strlen(BK_MBOX_BELOW)] = 0;
		if (rc == 0)
			add_folder(l, level, true);
		free(level);
	}
	free(all.items);
	return rc;
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

static int read_subscriptions(struct listing *l, struct bk_err *err)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	int rc = bk_path_read(l->root, ".subscriptions", BK_MBOX_SMALL_FILE,
			      &text, &why);

	if (rc == 0)
		bk_subscriptions_read(&l->subs, bk_buf_view(&text), '/');
	bk_buf_clear(&text);
	if (rc == 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return bk_context(err, ".subscriptions");
}

static int find_inbox(struct bk_mbox *mbox, const struct bk_account *account,
		      struct listing *l, struct bk_err *err)
{
	struct bk_mbox_spot spot;
	struct bk_err why = {0};
	struct bk_view raw = {(const uint8_t *)".", 1};
	int rc = bk_mbox_find(mbox, account, raw, &spot, &why);

	if (rc < 0 && why.kind == BK_GONE)
		return 0;
	if (rc < 0)
		*err = why;
	else
		rc = bk_mbox_spot_stat(&spot, &l->inbox, err);
	if (rc == 0)
		l->inbox.st_ino = 0;
	if (rc > 0)
		add_folder(l, ".", false);
	bk_mbox_spot_clear(&spot);
	return rc < 0 ? -1 : 0;
}

int bk_mbox_folders(struct bk_store *store, const struct bk_account *account,
		    struct bk_folder_list *out, struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);
	struct listing l = {.out = out, .root = -1};
	enum bk_mbox_form form;
	int rc = bk_mbox_form(mbox, account->root, &form, &l.root, err);

	if (rc == 0 && l.root >= 0)
		rc = read_subscriptions(&l, err);
	if (rc == 0)
		rc = find_inbox(mbox, account, &l, err);
	if (rc == 0 && l.root >= 0)
		rc = list_tree(&l, err);
	if (rc == 0 && out->n)
		qsort(out->items, out->n, sizeof(*out->items), by_name);
	bk_subscriptions_clear(&l.subs);
	bk_path_close(&l.root);
	return rc;
}
