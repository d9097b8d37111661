/* Opening a folder to be written. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/maildir_known.h"
#include "store/uidlist.h"

static bool is_there(int dir, const char *name)
{
	return faccessat(dir, name, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

/* ---- which folder ---- */

static bool says_fs(const struct bk_folder *folder)
{
	for (size_t i = 0; i < folder->n_annotations; i++) {
		const struct bk_property *property = &folder->annotations[i];
		if (strcmp(property->name, BK_MAILDIR_LAYOUT) == 0)
			return property->value.len == 2 &&
			       memcmp(property->value.data, "fs", 2) == 0;
	}
	return false;
}

static bool is_named(struct bk_view raw, const char *name)
{
	struct bk_buf shown = {0};

	bk_folder_name_decode(
		raw, raw.data[0] == '.' ? BK_LAYOUT_MAILDIRPP : BK_LAYOUT_FS,
		&shown);
	bool same = strcmp(bk_buf_text(&shown), name) == 0;
	bk_buf_clear(&shown);
	return same;
}

/* What the name is spelt like here already, or was where it comes from, or
 * would be. */
static int spell(struct bk_maildir_writer *w, struct bk_maildir_known *known,
		 struct bk_buf *out, struct bk_err *err)
{
	const struct bk_folder *want = w->want;
	bool fs = w->layout == BK_LAYOUT_FS;
	struct bk_view here;

	if (bk_maildir_known_spelling(known, want->name, &here)) {
		bk_buf_add(out, here.data, here.len);
		return 0;
	}
	if (want->raw.len && (want->raw.data[0] == '.') == !fs &&
	    is_named(want->raw, want->name)) {
		bk_buf_add(out, want->raw.data, want->raw.len);
		return 0;
	}
	return bk_folder_name_encode(want->name, w->layout, known->utf8, out,
				     err);
}

static int choose_folder(struct bk_maildir_writer *w, struct bk_err *err)
{
	struct bk_maildir_known *known = bk_maildir_known(w, err);
	struct bk_buf name = {0};

	if (!known)
		return -1;
	pthread_mutex_lock(&known->lock);
	w->layout = bk_maildir_layout_of(w->maildir, &known->raw);
	if (w->maildir->layout == BK_LAYOUT_AUTO && known->raw.n <= 1 &&
	    says_fs(w->want))
		w->layout = BK_LAYOUT_FS;
	int rc = spell(w, known, &name, err);
	if (rc == 0) {
		w->raw.len = name.len;
		w->raw.data = (const uint8_t *)bk_arena_strndup(
			&w->arena, (const char *)name.data, name.len);
		bk_maildir_known_add(known, w);
	}
	pthread_mutex_unlock(&known->lock);
	bk_buf_clear(&name);
	return rc;
}

/* ---- opening it ---- */

/* One that is there, as mostly: 1; 0: it has to be made, or mended. */
static int open_made(struct bk_maildir_writer *w)
{
	struct bk_err ignored = {0};

	w->dir = bk_path_open(w->root, (const char *)w->raw.data,
			      O_PATH | O_DIRECTORY, 0, &ignored);
	if (w->dir >= 0 && is_there(w->dir, "cur"))
		return 1;
	bk_path_close(&w->dir);
	return 0;
}

static int open_dir(struct bk_maildir_writer *w, struct bk_err *err)
{
	const char *raw = (const char *)w->raw.data;

	if (open_made(w))
		return bk_maildir_make_parts(w->maildir, w->dir, err);
	int made = bk_maildir_make_folder(w, err);

	if (made)
		return made < 0 ? -1 : 0;
	if (w->raw.len > 1) {
		int fd = bk_path_make(w->root, raw, w->dir_mode, w->file.uid,
				      w->file.gid, err);
		if (fd < 0)
			return -1;
		(void)close(fd);
	}
	/* Once more, following no link at all. */
	w->dir = bk_path_open(w->root, raw, O_PATH | O_DIRECTORY, 0, err);
	if (w->dir < 0)
		return -1;
	w->made = !is_there(w->dir, "cur");
	if (w->made && bk_maildir_mark_folder(w, err) < 0)
		return -1;
	return bk_maildir_make_parts(w->maildir, w->dir, err);
}

static int make_control(struct bk_maildir_writer *w,
			const struct bk_account_path *where, int *root,
			int *dir, struct bk_err *err)
{
	struct bk_account_path_owner owner = {w->dir_mode, w->file.uid,
					      w->file.gid};
	const char *path = bk_account_path_expand(where, w->account.address,
						  &w->arena, err);
	const char *raw = (const char *)w->raw.data;

	if (!path)
		return -1;
	*root = bk_account_path_make(where, path, owner, err);
	if (*root < 0)
		return -1;
	if (w->raw.len == 1)
		raw = w->layout == BK_LAYOUT_FS ? "INBOX" : ".INBOX";
	*dir = bk_path_make(*root, raw, w->dir_mode, w->file.uid, w->file.gid,
			    err);
	return *dir < 0 ? -1 : 0;
}

static int open_control(struct bk_maildir_writer *w, struct bk_err *err)
{
	if (w->maildir->control)
		return make_control(w, w->maildir->control, &w->control_root,
				    &w->control, err);
	w->control_root = w->root;
	w->control = w->dir;
	return 0;
}

int bk_maildir_index(struct bk_maildir_writer *w, struct bk_err *err)
{
	int root = -1;
	int dir = -1;

	if (!w->maildir->index)
		return bk_path_open(w->dir, ".", O_PATH | O_DIRECTORY, 0, err);
	int rc = make_control(w, w->maildir->index, &root, &dir, err);
	bk_path_close(&root);
	return rc < 0 ? -1 : dir;
}

/* Dovecot makes a list of UIDs and an index wherever it has been; without
 * either, and with Courier's files, it is Courier. */
static bool is_courier(const struct bk_maildir_writer *w)
{
	if (is_there(w->control_root, "subscriptions") ||
	    is_there(w->control_root, BK_UIDLIST_NAME) ||
	    is_there(w->root, "dovecot.index.log"))
		return false;
	return is_there(w->root, BK_UIDLIST_COURIER) ||
	       is_there(w->root, "courierimapsubscribed");
}

/* The same for all folders that are written together: what we make meanwhile
 * tells nothing. */
static bool is_couriers(struct bk_maildir_writer *w)
{
	struct bk_err ignored = {0};
	struct bk_maildir_known *known = bk_maildir_known(w, &ignored);

	if (!known)
		return is_courier(w);
	pthread_mutex_lock(&known->lock);
	if (known->courier < 0)
		known->courier = is_courier(w);
	bool courier = known->courier;
	pthread_mutex_unlock(&known->lock);
	return courier;
}

/* Has Dovecot been in the inbox and left no index beside it? */
static bool index_is_elsewhere(const struct bk_maildir_writer *w)
{
	return !w->maildir->index && !w->courier &&
	       is_there(w->control_root, BK_UIDLIST_NAME) &&
	       !is_there(w->root, "dovecot.index.log") &&
	       !is_there(w->root, "dovecot.index");
}

static void decide_uids(struct bk_maildir_writer *w,
			const struct bk_folder *here)
{
	struct bk_folder_writer *writer = &w->writer;
	const char *why = NULL;
	uint32_t next = w->want->uid_next ? w->want->uid_next : 1;
	bool given = here->uid_next > 1;

	for (size_t i = 0; i < w->there.n; i++)
		given |= w->there.items[i].uid != 0;
	if (!w->want->uid_validity)
		why = "the source has no UIDs";
	else if (given && !w->want->follows)
		why = "the folder has given out UIDs of its own";
	else if (w->maildir->live && here->uid_validity &&
		 here->uid_validity != w->want->uid_validity)
		why = "people work in it already";
	else if (index_is_elsewhere(w))
		why = "the server's index is not beside the mail; say where "
		      "with index =";
	else if (next > UINT32_MAX - 1 - w->uid_gap)
		why = "UIDNEXT would pass the largest UID";
	writer->keeps_uids = why == NULL;
	if (why && w->want->uid_validity)
		(void)snprintf(w->result.note, sizeof(w->result.note),
			       "new UIDs: %s", why);
}

/* Of one that shares its base name with another the base name is taken, too. */
static void take_name(struct bk_maildir_writer *w, const char *name, size_t i)
{
	size_t base = strcspn(name, ":");
	size_t len = strlen(name);

	bk_name_table_add(&w->taken, bk_name_table_key(&w->taken, name, len),
			  (uint32_t)i);
	if (base < len)
		bk_name_table_add(&w->taken,
				  bk_name_table_key(&w->taken, name, base),
				  (uint32_t)i);
}

/* What is there, in terms of the keywords that the caller gave. */
static int read_there(struct bk_maildir_writer *w, struct bk_folder *here,
		      struct bk_err *err)
{
	struct bk_folder *table = &w->writer.folder;
	int rc = bk_maildir_scan(&w->maildir->store, &w->account, here,
				 &w->there, err);

	for (size_t i = 0; rc == 0 && i < w->there.n; i++) {
		struct bk_message *msg = &w->there.items[i];
		uint16_t *mapped = bk_arena_alloc(&w->there.arena,
						  (msg->n_keywords + 1U) *
							  sizeof(*mapped));
		for (uint16_t k = 0; k < msg->n_keywords; k++)
			mapped[k] = bk_folder_keyword(
				table, here->keywords[msg->keywords[k]]);
		bk_keywords_sort(mapped, msg->n_keywords);
		msg->keywords = mapped;
		take_name(w, msg->name, i);
	}
	return rc;
}

static int read_state(struct bk_maildir_writer *w, struct bk_err *err)
{
	struct bk_folder here = {.name = w->want->name, .raw = w->raw};
	bool empty = w->fresh && !w->maildir->control;

	for (size_t i = 0; i < w->want->n_keywords; i++)
		(void)bk_folder_keyword(&w->writer.folder,
					w->want->keywords[i]);
	int rc = empty ? 0 : read_there(w, &here, err);
	w->uid_next = here.uid_next;
	if (rc == 0)
		decide_uids(w, &here);
	bk_folder_clear(&here);
	return rc;
}

static struct bk_maildir_writer *new_writer(struct bk_store *store,
					    const struct bk_account *account,
					    const struct bk_folder *folder)
{
	struct bk_maildir_writer *w = bk_alloc(sizeof(*w));

	w->writer.store = store;
	w->maildir = bk_maildir_of(store);
	w->want = folder;
	w->root = w->dir = w->cur = w->new = w->tmp = -1;
	w->control_root = w->control = -1;
	w->dotlock = BK_DOTLOCK;
	atomic_init(&w->born_right, -1);
	w->account.address = bk_arena_strdup(&w->arena, account->address);
	w->account.root = bk_arena_strdup(&w->arena, account->root);
	(void)pthread_mutex_init(&w->lock, NULL);
	return w;
}

static int open_parts(struct bk_maildir_writer *w, struct bk_err *err)
{
	static const char *const parts[] = {"cur", "new", "tmp"};
	int *const fds[] = {&w->cur, &w->new, &w->tmp};

	for (size_t i = 0; i < 3; i++) {
		if (*fds[i] >= 0)
			continue;
		*fds[i] = bk_path_open(w->dir, parts[i], O_RDONLY | O_DIRECTORY,
				       0, err);
		if (*fds[i] < 0)
			return -1;
	}
	if (!w->fresh)
		bk_maildir_sweep_tmp(w->tmp);
	return 0;
}

int bk_maildir_begin(struct bk_store *store, const struct bk_account *account,
		     const struct bk_folder *folder, uint32_t uid_gap,
		     struct bk_folder_writer **out, struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);

	if (!maildir->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	struct bk_maildir_writer *w = new_writer(store, account, folder);
	w->uid_gap = uid_gap;
	bk_maildir_writers_count(maildir, 1);
	w->root = bk_maildir_root(maildir, &w->account, err);
	if (w->root < 0 ||
	    bk_maildir_ownership(maildir, w->root, &w->file, &w->dir_mode,
				 err) < 0 ||
	    choose_folder(w, err) < 0 || open_dir(w, err) < 0 ||
	    open_parts(w, err) < 0 || open_control(w, err) < 0)
		goto fail;
	w->courier = is_couriers(w);
	if (bk_maildir_disk_use(maildir, w->tmp, err) < 0 ||
	    (maildir->control &&
	     bk_maildir_disk_use(maildir, w->control, err) < 0) ||
	    read_state(w, err) < 0)
		goto fail;
	*out = &w->writer;
	return 0;
fail:
	bk_maildir_abort(&w->writer);
	return bk_context(err, "folder %s", folder->name);
}

/* What was not published lies in tmp. */
void bk_maildir_forget_staged(struct bk_maildir_writer *w)
{
	for (size_t i = w->n_published; i < w->n_staged; i++)
		if (w->staged[i].tmp)
			(void)unlinkat(w->tmp, w->staged[i].tmp, 0);
	w->n_staged = w->n_published;
}

void bk_maildir_abort(struct bk_folder_writer *writer)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);

	bk_maildir_forget_staged(w);
	bk_dotlock_release(&w->dotlock);
	bk_maildir_writers_count(w->maildir, -1);
	bk_path_close(&w->cur);
	bk_path_close(&w->new);
	bk_path_close(&w->tmp);
	if (w->control != w->dir)
		bk_path_close(&w->control);
	bk_path_close(&w->dir);
	if (w->control_root != w->root)
		bk_path_close(&w->control_root);
	bk_path_close(&w->root);
	bk_folder_clear(&w->writer.folder);
	bk_message_list_clear(&w->there);
	if (w->kept)
		bk_message_list_clear(w->kept);
	free(w->kept);
	bk_name_table_clear(&w->taken);
	bk_name_table_clear(&w->gone);
	free(w->staged);
	bk_arena_clear(&w->staged_arena);
	bk_arena_clear(&w->arena);
	(void)pthread_mutex_destroy(&w->lock);
	free(w);
}
