/* The end of a folder, and of an account: see mbox_writer.h. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/path.h"
#include "store/dovecot_modseq.h"
#include "store/lacks.h"
#include "store/mbox_writer.h"

static void add_note(struct bk_folder_result *result, const char *text)
{
	size_t len = strlen(result->note);

	(void)snprintf(result->note + len, sizeof(result->note) - len, "%s%s",
		       len ? "; " : "", text);
}

static void lack(struct bk_mbox_writer *w, enum bk_lack what, const char *text)
{
	add_note(&w->result, text);
	bk_lacks_add(w->writer.lacks, what, NULL, text);
}

/* ---- the file ---- */

/* A program that delivered since we looked gave the file UIDs of its own. */
static void yield_uids(struct bk_mbox_writer *w)
{
	if (!w->writer.keeps_uids || (!w->file.list.n && !w->file.uid_last))
		return;
	w->writer.keeps_uids = false;
	add_note(&w->result, "new UIDs: mail came while it was restored");
}

static int look_again(struct bk_mbox_writer *w, int old, struct bk_err *err)
{
	struct stat st;

	if (fstat(old, &st) < 0)
		return bk_fail_errno(err, "%s", w->spot.name);
	if (bk_mbox_same_stat(&st, &w->st))
		return 0;
	w->st = st;
	w->here.keywords = NULL;
	w->here.n_keywords = 0;
	w->here.cap_keywords = 0;
	if (bk_mbox_file_read(&w->file, old, (uint64_t)st.st_size, &w->here,
			      err) < 0)
		return -1;
	yield_uids(w);
	return 0;
}

static int give_away(const struct bk_mbox_writer *w, int fd, struct bk_err *err)
{
	const struct bk_file_owner *owner = &w->owner;

	if ((owner->uid != (uid_t)-1 || owner->gid != (gid_t)-1) &&
	    fchown(fd, owner->uid, owner->gid) < 0 && geteuid() == 0)
		return bk_fail_errno(err, "owner");
	if (fchmod(fd, owner->mode) < 0)
		return bk_fail_errno(err, "mode");
	if (fsync(fd) < 0)
		return bk_fail_errno(err, "sync");
	return 0;
}

/* Written beside, and renamed: under the locks of the old file. */
static int write_anew(struct bk_mbox_writer *w, int old, struct bk_err *err)
{
	char *part = bk_asprintf(".%s.bk", w->spot.name);
	int dir = w->spot.dir;
	int rc = -1;

	/* Nobody else has it under these locks: a run that was cut off left
	 * it. */
	(void)unlinkat(dir, part, 0);
	int to =
		bk_path_open(dir, part, O_WRONLY | O_CREAT | O_EXCL, 0600, err);
	if (to < 0)
		goto out;
	if (bk_mbox_compose(w, old, to, err) < 0 || give_away(w, to, err) < 0)
		goto out;
	int fd = to;
	to = -1;
	if (close(fd) < 0) {
		bk_fail_errno(err, "close");
		goto out;
	}
	rc = bk_file_rename(dir, part, w->spot.name, err);
out:
	bk_path_close(&to);
	if (rc < 0)
		(void)unlinkat(dir, part, 0);
	free(part);
	return rc;
}

static bool has_work(const struct bk_mbox_writer *w)
{
	if (w->level)
		return false;
	return w->n_staged || w->n_changes ||
	       (w->writer.keeps_uids && !w->file.list.n) ||
	       (!w->file.list.n && !w->st.st_size &&
		bk_mbox_annotation(w->want, BK_MBOX_FRAME).len);
}

/* Dovecot keeps mod-sequences in its index alone, and a folder that gets its
 * old UIDVALIDITY must not begin to count anew (dovecot_modseq.h). */
static int raise_modseq(struct bk_mbox_writer *w, struct bk_err *err)
{
	bool inbox = strcmp(w->want->name, "INBOX") == 0;
	enum bk_mbox_form form;
	struct stat st;
	int root = -1;

	if (!w->writer.keeps_uids)
		return 0;
	if (bk_mbox_form(w->mbox, w->account.root, &form, &root, err) < 0)
		return -1;
	if (root < 0)
		return 0;
	int at = inbox ? root : w->spot.dir;
	char *path = bk_asprintf(".imap/%s", inbox ? "INBOX" : w->spot.name);
	struct bk_file_owner owner = w->owner;
	owner.mode = 0600;
	int dir = -1;
	if (fstat(at, &st) < 0)
		bk_fail_errno(err, "stat");
	else
		dir = bk_path_make(at, path, (st.st_mode & 02777) | 0700,
				   geteuid() ? (uid_t)-1 : owner.uid,
				   geteuid() ? (gid_t)-1 : st.st_gid, err);
	int rc = dir < 0 ? -1
			 : bk_dovecot_modseq_raise(dir, w->want->highest_modseq,
						   &owner, err);
	bk_path_close(&dir);
	bk_path_close(&root);
	free(path);
	return rc < 0 ? bk_context(err, "Dovecot's index") : 0;
}

static int finish_file(struct bk_mbox_writer *w, struct bk_err *err)
{
	struct bk_store *store = &w->mbox->store;
	struct bk_dotlock lock = BK_DOTLOCK;
	int old = -1, rc = -1;

	lock.waits = store->waits;
	lock.waits_arg = store->waits_arg;
	if (bk_mbox_lock_to_write(w->mbox, &w->spot, &w->owner, &lock, &old,
				  err) == 0 &&
	    look_again(w, old, err) == 0 && raise_modseq(w, err) == 0 &&
	    write_anew(w, old, err) == 0)
		rc = 0;
	bk_path_close(&old);
	bk_dotlock_release(&lock);
	return rc;
}

/* ---- subscriptions ---- */

static int read_subscriptions(int root, struct bk_subscriptions *subs,
			      struct bk_err *err)
{
	struct bk_buf text = {0};
	struct bk_err why = {0};
	int rc = bk_path_read(root, ".subscriptions", BK_MBOX_SMALL_FILE, &text,
			      &why);

	if (rc == 0)
		bk_subscriptions_read(subs, bk_buf_view(&text), '/');
	bk_buf_clear(&text);
	if (rc == 0 || why.kind == BK_GONE)
		return rc == 0;
	*err = why;
	return -1;
}

/* Adds names to those that are subscribed, under Dovecot's lock of them. */
static int subscribe(int root, const char *const *names, size_t n,
		     const struct bk_file_owner *owner, struct bk_err *err)
{
	struct bk_dotlock lock = BK_DOTLOCK;
	struct bk_subscriptions subs = {0};
	struct bk_buf text = {0};
	bool changed = false;

	if (!n)
		return 0;
	if (bk_dotlock_take(&lock, root, ".subscriptions", owner,
			    BK_DOTLOCK_WAIT_MS, err) < 0)
		return -1;
	int rc = read_subscriptions(root, &subs, err);
	if (rc == 0)
		subs.version2 = true;
	for (size_t i = 0; i < n && rc >= 0; i++)
		changed |= bk_subscriptions_add(&subs, names[i]);
	if (rc >= 0 && changed) {
		bk_subscriptions_write(&subs, '/', &text);
		rc = bk_file_put_as(root, ".subscriptions", bk_buf_view(&text),
				    owner, err);
	}
	bk_dotlock_release(&lock);
	bk_subscriptions_clear(&subs);
	bk_buf_clear(&text);
	return rc < 0 ? bk_context(err, ".subscriptions") : 0;
}

static int open_root(struct bk_mbox *mbox, const struct bk_account *account,
		     struct bk_file_owner *owner, int *root, struct bk_err *err)
{
	enum bk_mbox_form form;
	struct stat st;

	if (bk_mbox_form(mbox, account->root, &form, root, err) < 0)
		return -1;
	*owner = (struct bk_file_owner){0600, (uid_t)-1, (gid_t)-1};
	if (*root < 0 || geteuid() != 0)
		return 0;
	if (fstat(*root, &st) < 0)
		return bk_fail_errno(err, "stat");
	owner->uid = st.st_uid;
	owner->gid = st.st_gid;
	return 0;
}

static int subscribe_folder(struct bk_mbox_writer *w, struct bk_err *err)
{
	struct bk_folder_list here = {0};
	struct bk_file_owner owner;
	struct bk_buf name = {0};
	int root = -1;
	int rc = 0;

	if (!w->want->subscribed)
		return 0;
	rc = open_root(w->mbox, &w->account, &owner, &root, err);
	if (rc == 0 && root >= 0)
		rc = bk_mbox_folders(&w->mbox->store, &w->account, &here, err);
	for (size_t i = 0; i < here.n && rc == 0; i++)
		if (strcmp(here.items[i].name, w->want->name) == 0)
			bk_mbox_plain_path(
				&name,
				strcmp(w->want->name, "INBOX") == 0
					? "INBOX"
					: (const char *)here.items[i].raw.data);
	const char *one = bk_buf_text(&name);
	if (rc == 0 && name.len)
		rc = subscribe(root, &one, 1, &owner, err);
	bk_buf_clear(&name);
	bk_folder_list_clear(&here);
	bk_path_close(&root);
	return rc;
}

/* ---- ops ---- */

int bk_mbox_finish(struct bk_folder_writer *writer,
		   struct bk_folder_result *result, struct bk_err *err)
{
	struct bk_mbox_writer *w = bk_mbox_writer_of(writer);
	int rc = has_work(w) ? finish_file(w, err) : 0;

	if (rc == 0)
		rc = subscribe_folder(w, err);
	if (rc < 0) {
		bk_context(err, "folder %s", w->want->name);
	} else {
		if (w->lost_keywords)
			lack(w, BK_LACK_FLAGS, "keywords with blanks in them");
		if (w->n_dropped)
			add_note(&w->result,
				 "header fields that mean something in an mbox "
				 "file (Status, X-UID, ...) are left out");
		if (w->want->n_acl)
			lack(w, BK_LACK_RIGHTS,
			     "rights, which an mbox has none of");
		*result = w->result;
		result->kept_uids = writer->keeps_uids;
		result->uid_validity =
			writer->keeps_uids ? w->want->uid_validity : 0;
		result->added = w->n_staged;
	}
	bk_mbox_abort(writer);
	return rc;
}

static bool is_here(const struct bk_folder_list *here, const char *name)
{
	struct bk_buf plain = {0};
	bool found = strcmp(name, "INBOX") == 0;

	for (size_t i = 0; i < here->n && !found; i++) {
		bk_mbox_plain_path(&plain,
				   (const char *)here->items[i].raw.data);
		found = strcmp(bk_buf_text(&plain), name) == 0;
	}
	bk_buf_clear(&plain);
	return found;
}

static bool same_names(struct bk_subscriptions *a, struct bk_subscriptions *b)
{
	bool same = a->n == b->n;

	for (size_t i = 0; i < a->n && same; i++)
		same = bk_subscriptions_has(b, a->names[i]);
	return same;
}

/* Where the same folders are subscribed to, the file becomes what it was. */
static int keep_order(int root, struct bk_subscriptions *was,
		      struct bk_view text, const struct bk_file_owner *owner,
		      struct bk_err *err)
{
	struct bk_subscriptions now = {0};
	int rc = read_subscriptions(root, &now, err);

	if (rc > 0 && same_names(was, &now))
		rc = bk_file_put_as(root, ".subscriptions", text, owner, err);
	bk_subscriptions_clear(&now);
	return rc < 0 ? -1 : 0;
}

/* Of the source's subscriptions those of folders that no set holds; what was
 * the account's own is subscribed with its folder. */
static int finish_subscriptions(struct bk_mbox *mbox,
				const struct bk_account *account,
				struct bk_view text, struct bk_err *err)
{
	struct bk_folder_list here = {0};
	struct bk_subscriptions subs = {0};
	struct bk_subscriptions was = {0};
	struct bk_file_owner owner;
	size_t n = 0;
	int root = -1;
	int rc = open_root(mbox, account, &owner, &root, err);

	bk_subscriptions_read(&was, text, '/');
	bk_subscriptions_read(&subs, text, '/');
	if (rc == 0 && root >= 0)
		rc = bk_mbox_folders(&mbox->store, account, &here, err);
	for (size_t i = 0; i < subs.n; i++)
		if (!is_here(&here, subs.names[i]))
			subs.names[n++] = subs.names[i];
	if (rc == 0 && root >= 0)
		rc = subscribe(root, subs.names, n, &owner, err);
	if (rc == 0 && root >= 0)
		rc = keep_order(root, &was, text, &owner, err);
	bk_subscriptions_clear(&was);
	bk_subscriptions_clear(&subs);
	bk_folder_list_clear(&here);
	bk_path_close(&root);
	return rc;
}

int bk_mbox_finish_account(struct bk_store *store,
			   const struct bk_account *account,
			   const struct bk_property *settings,
			   size_t n_settings, struct bk_err *err)
{
	struct bk_mbox *mbox = bk_mbox_of(store);
	int rc = 0;

	if (!mbox->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	for (size_t i = 0; i < n_settings && rc == 0; i++)
		if (strcmp(settings[i].name, BK_MBOX_SUBSCRIPTIONS) == 0)
			rc = finish_subscriptions(mbox, account,
						  settings[i].value, err);
	return rc;
}

/* Each file was synced before it took its place. */
int bk_mbox_sync(struct bk_store *store, struct bk_err *err)
{
	(void)store;
	(void)err;
	return 0;
}
