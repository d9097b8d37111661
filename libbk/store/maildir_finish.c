/* What belongs to a folder or an account besides its messages: subscriptions,
 * rights, quota counts. */

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/lacks.h"
#include "store/maildir_known.h"

#define SUBSCRIPTIONS         "subscriptions"
#define COURIER_SUBSCRIPTIONS "courierimapsubscribed"
#define ACL                   "dovecot-acl"

static void add_note(struct bk_folder_result *result, const char *text)
{
	size_t len = strlen(result->note);

	(void)snprintf(result->note + len, sizeof(result->note) - len, "%s%s",
		       len ? "; " : "", text);
}

static void lack(struct bk_maildir_writer *w, enum bk_lack what,
		 const char *text)
{
	add_note(&w->result, text);
	bk_lacks_add(w->writer.lacks, what, NULL, text);
}

static int read_file(int dir, const char *name, struct bk_buf *text,
		     struct bk_err *err)
{
	struct bk_err why = {0};

	text->len = 0;
	if (bk_path_read(dir, name, BK_MAILDIR_SMALL_FILE, text, &why) == 0)
		return 1;
	text->len = 0;
	if (why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

/* ---- subscriptions ---- */

/* Where the names of subscribed folders are kept, and how. */
struct subscriber {
	int dir;
	const char *file;
	bool courier;
	bool exact; /* and no others */
	char separator;
	const struct bk_file_owner *owner;
};

/* Takes away what `only` does not name. */
static bool keep_only(struct bk_subscriptions *subs,
		      struct bk_subscriptions *only)
{
	size_t before = subs->n;

	for (size_t i = subs->n; i-- > 0;)
		if (!bk_subscriptions_has(only, subs->names[i]))
			(void)bk_subscriptions_drop(subs, subs->names[i]);
	return subs->n < before;
}

/* 1 if what is to be is not what the file says; 0 if it is. */
static int merge(const struct subscriber *to, struct bk_subscriptions *subs,
		 struct bk_subscriptions *more, const char *less,
		 struct bk_err *err)
{
	struct bk_buf text = {0};
	bool changed = false;
	int there = read_file(to->dir, to->file, &text, err);

	if (there >= 0)
		bk_subscriptions_read(subs, bk_buf_view(&text), to->separator);
	bk_buf_clear(&text);
	if (there < 0)
		return -1;
	if (!there)
		subs->version2 = !to->courier;
	for (size_t i = 0; i < more->n; i++)
		changed |= bk_subscriptions_add(subs, more->names[i]);
	if (less)
		changed |= bk_subscriptions_drop(subs, less);
	if (to->exact)
		changed |= keep_only(subs, more);
	return changed;
}

static int write_subscriptions(const struct subscriber *to,
			       const struct bk_subscriptions *subs,
			       struct bk_err *err)
{
	struct bk_buf text = {0};

	bk_subscriptions_write(subs, to->separator, &text);
	int rc = bk_file_put_as(to->dir, to->file, bk_buf_view(&text),
				to->owner, err);
	bk_buf_clear(&text);
	return rc;
}

/* Adds names to those that are subscribed, and takes one (or NULL) away, under
 * Dovecot's lock of them; who only looks whether that is so needs no lock, for
 * the file is replaced as a whole. */
static int subscribe(const struct subscriber *to, struct bk_subscriptions *more,
		     const char *less, struct bk_err *err)
{
	struct bk_dotlock lock = BK_DOTLOCK;
	struct bk_subscriptions subs = {0};

	if (!more->n && !less && !to->exact)
		return 0;
	int rc = merge(to, &subs, more, less, err);
	if (rc > 0 && !to->courier) {
		bk_subscriptions_clear(&subs);
		if (bk_dotlock_take(&lock, to->dir, to->file, to->owner,
				    BK_DOTLOCK_WAIT_MS, err) < 0)
			return -1;
		rc = merge(to, &subs, more, less, err);
	}
	if (rc > 0)
		rc = write_subscriptions(to, &subs, err);
	bk_dotlock_release(&lock);
	bk_subscriptions_clear(&subs);
	return rc < 0 ? bk_context(err, "%s", to->file) : 0;
}

/* Is what is subscribed to here, and not there, left so? */
static bool subscription_stays(const struct bk_maildir_writer *w)
{
	const struct bk_folder *want = w->want;

	return w->made || !want->follows || (want->keeps && !want->unsubscribe);
}

/* Courier's names all begin with INBOX, Dovecot's are plain. */
static char *subscribed_name(const struct bk_maildir_writer *w)
{
	const char *raw = (const char *)w->raw.data;

	if (strcmp(w->want->name, "INBOX") == 0)
		return bk_strdup("INBOX");
	if (w->courier)
		return bk_asprintf("INBOX%s", raw);
	return bk_strdup(raw[0] == '.' ? raw + 1 : raw);
}

static int subscribe_folder(struct bk_maildir_writer *w, struct bk_err *err)
{
	struct bk_subscriptions one = {0};
	struct subscriber to = {
		.dir = w->courier ? w->root : w->control_root,
		.file = w->courier ? COURIER_SUBSCRIPTIONS : SUBSCRIPTIONS,
		.courier = w->courier,
		.separator = w->layout == BK_LAYOUT_FS ? '/' : '.',
		.owner = &w->file,
	};

	if (!w->want->subscribed && subscription_stays(w))
		return 0;
	if (w->maildir->live && !w->made)
		return 0;
	char *name = subscribed_name(w);
	struct bk_maildir_known *known = NULL;
	if (w->want->one_of_many && w->want->subscribed)
		known = bk_maildir_known(w, err);
	if (w->want->subscribed && !known)
		(void)bk_subscriptions_add(&one, name);
	if (known)
		bk_maildir_known_wait(known, w, name);
	int rc = known ? 0 : subscribe(&to, &one, one.n ? NULL : name, err);
	bk_subscriptions_clear(&one);
	free(name);
	return rc;
}

/* ---- rights ---- */

/* Dovecot's list of who shares what goes with them; it makes a new one. */
static void drop_acl(struct bk_maildir_writer *w)
{
	if (w->want->follows && !w->want->keeps && !w->courier &&
	    unlinkat(w->dir, ACL, 0) == 0)
		(void)unlinkat(w->root, "dovecot-acl-list", 0);
}

/* Rights that somebody has set here since are newer than ours. */
static int put_acl(struct bk_maildir_writer *w, const struct bk_buf *text,
		   struct bk_err *err)
{
	struct bk_buf before = {0};
	int rc = read_file(w->dir, ACL, &before, err);
	bool is_there = rc > 0;
	bool same = is_there && before.len == text->len &&
		    memcmp(before.data, text->data, text->len) == 0;

	bk_buf_clear(&before);
	if (is_there && !same && (!w->want->follows || w->want->keeps)) {
		if (!w->want->follows)
			lack(w, BK_LACK_RIGHTS,
			     "the folder's rights are left as they are here");
		return 0;
	}
	if (rc >= 0 && !same)
		rc = bk_file_put_as(w->dir, ACL, bk_buf_view(text), &w->file,
				    err);
	(void)unlinkat(w->root, "dovecot-acl-list", 0);
	return rc < 0 ? -1 : 0;
}

static int write_acl(struct bk_maildir_writer *w, struct bk_err *err)
{
	struct bk_buf text = {0};

	if (!w->want->n_acl) {
		drop_acl(w);
		return 0;
	}
	if (w->courier) {
		/* Courier would not look at Dovecot's file, and a Dovecot that
		 * comes later would, with rights that are out of date. */
		lack(w, BK_LACK_RIGHTS,
		     "rights, which only Dovecot's folders are given");
		return 0;
	}
	if (!bk_acl_write(w->want, &text))
		lack(w, BK_LACK_RIGHTS, "rights that this store cannot hold");
	int rc = text.len ? put_acl(w, &text, err) : 0;
	bk_buf_clear(&text);
	return rc;
}

/* ---- the end of a folder ---- */

static void count_lost_keywords(struct bk_maildir_writer *w)
{
	char text[80];
	size_t n = 0;

	for (size_t i = 0; w->lost && i < w->writer.folder.n_keywords; i++)
		n += w->lost[i];
	if (!n)
		return;
	(void)snprintf(text, sizeof(text),
		       "%zu keywords left out: a Maildir holds %d", n,
		       BK_KEYWORD_LETTERS);
	lack(w, BK_LACK_FLAGS, text);
}

/* The counts of a Maildir++ quota are wrong now; a server counts again when
 * they are not there. */
static void drop_counts(int control_root)
{
	(void)unlinkat(control_root, "maildirsize", 0);
}

/* A level that held no messages where it came from holds none here; in a
 * folder that does, there is something in the way. */
static void make_level(struct bk_maildir_writer *w)
{
	static const char *const parts[] = {"cur", "new", "tmp"};

	for (size_t i = 0; i < 3; i++)
		(void)unlinkat(w->dir, parts[i], AT_REMOVEDIR);
}

static int finish_folder(struct bk_maildir_writer *w, struct bk_err *err)
{
	(void)pthread_mutex_lock(&w->lock);
	int rc = bk_maildir_publish(w, true, err);
	(void)pthread_mutex_unlock(&w->lock);
	if (rc < 0 || write_acl(w, err) < 0 || subscribe_folder(w, err) < 0)
		return -1;
	if (w->added || w->removed)
		drop_counts(w->control_root);
	if (w->made && w->want->no_select)
		make_level(w);
	return 0;
}

int bk_maildir_finish(struct bk_folder_writer *writer,
		      struct bk_folder_result *result, struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	int rc = finish_folder(w, err);

	if (rc < 0) {
		bk_context(err, "folder %s", w->want->name);
	} else {
		count_lost_keywords(w);
		*result = w->result;
		result->kept_uids = writer->keeps_uids;
		result->uid_validity =
			writer->keeps_uids ? w->want->uid_validity : 0;
		result->added = w->added;
	}
	bk_maildir_abort(writer);
	return rc;
}

/* ---- the end of an account ---- */

static bool is_folder_here(int root, const char *name)
{
	char *raw = bk_asprintf(".%s", name);
	bool found = faccessat(root, raw, F_OK, 0) == 0 ||
		     faccessat(root, name, F_OK, 0) == 0;

	free(raw);
	return found;
}

/* Those of folders that were one of many. */
static int finish_waiting(struct bk_maildir *maildir, int root, int control,
			  const struct bk_account *account, struct bk_err *err)
{
	struct bk_maildir_waiting waiting;
	struct bk_file_owner owner = {0};
	mode_t mode = 0;
	int rc = 0;

	bk_maildir_known_waiting(maildir, account->root, &waiting);
	const struct subscriber to = {
		.dir = waiting.courier ? root : control,
		.file = waiting.courier ? COURIER_SUBSCRIPTIONS : SUBSCRIPTIONS,
		.courier = waiting.courier,
		.separator = waiting.separator,
		.owner = &owner,
	};
	if (waiting.names.n)
		rc = bk_maildir_ownership(maildir, root, &owner, &mode, err);
	if (rc == 0)
		rc = subscribe(&to, &waiting.names, NULL, err);
	bk_subscriptions_clear(&waiting.names);
	return rc;
}

/* Of the subscriptions in the source's file: those of folders that no set can
 * hold, because they are somebody else's.  What was the account's own is
 * subscribed with its folder, or was left out on purpose. */
static void foreign_subscriptions(int root, struct bk_view text, char separator,
				  struct bk_subscriptions *out)
{
	struct bk_subscriptions all = {0};

	bk_subscriptions_read(&all, text, separator);
	for (size_t i = 0; i < all.n; i++)
		if (!is_folder_here(root, all.names[i]))
			(void)bk_subscriptions_add(out, all.names[i]);
	bk_subscriptions_clear(&all);
}

static int finish_subscriptions(struct bk_maildir *maildir, int root,
				const struct bk_account *account,
				struct bk_view text, struct bk_err *err)
{
	struct bk_subscriptions foreign = {0};
	struct bk_raw_folders raw = {0};
	struct bk_arena arena = {0};
	struct bk_file_owner owner = {0};
	mode_t mode = 0;
	int rc = -1;
	struct subscriber to = {.file = SUBSCRIPTIONS, .owner = &owner};

	to.dir = bk_maildir_control_root(maildir, account, err);
	if (to.dir < 0 ||
	    bk_maildir_ownership(maildir, root, &owner, &mode, err) < 0 ||
	    bk_maildir_raw_folders(maildir, root, &arena, &raw, err) < 0)
		goto out;
	to.separator =
		bk_maildir_layout_of(maildir, &raw) == BK_LAYOUT_FS ? '/' : '.';
	/* People's own stay, and what they took away. */
	to.exact = maildir->follows && !maildir->live;
	if (to.exact)
		bk_subscriptions_read(&foreign, text, to.separator);
	else
		foreign_subscriptions(root, text, to.separator, &foreign);
	rc = subscribe(&to, &foreign, NULL, err);
out:
	bk_path_close(&to.dir);
	free(raw.items);
	bk_arena_clear(&arena);
	bk_subscriptions_clear(&foreign);
	return rc;
}

int bk_maildir_unsubscribe(struct bk_maildir *maildir,
			   const struct bk_account *account, const char *name,
			   struct bk_err *err)
{
	struct bk_subscriptions none = {0};
	struct bk_file_owner owner = {0};
	mode_t mode = 0;
	int rc = -1;
	struct subscriber to = {
		.file = SUBSCRIPTIONS, .separator = '.', .owner = &owner};

	to.dir = bk_maildir_control_root(maildir, account, err);
	if (to.dir >= 0 &&
	    bk_maildir_ownership(maildir, to.dir, &owner, &mode, err) == 0)
		rc = faccessat(to.dir, SUBSCRIPTIONS, F_OK, 0) == 0
			     ? subscribe(&to, &none, name, err)
			     : 0;
	bk_path_close(&to.dir);
	return rc;
}

/* Mail, lists of UIDs and indexes may lie on three file systems. */
static int use_disks(struct bk_maildir *maildir, int root, int control,
		     const struct bk_account *account, struct bk_err *err)
{
	struct bk_arena arena = {0};
	struct bk_err why = {0};
	int index = -1;

	if (maildir->index) {
		const char *path = bk_account_path_expand(
			maildir->index, account->address, &arena, &why);
		if (path)
			index = bk_account_path_enter(maildir->index, path,
						      &why);
	}
	const int dirs[] = {root, control, index};
	int rc = 0;
	for (size_t i = 0; i < 3 && rc == 0; i++)
		if (dirs[i] >= 0)
			rc = bk_maildir_disk_use(maildir, dirs[i], err);
	bk_path_close(&index);
	bk_arena_clear(&arena);
	return rc;
}

int bk_maildir_finish_account(struct bk_store *store,
			      const struct bk_account *account,
			      const struct bk_property *settings,
			      size_t n_settings, struct bk_err *err)
{
	struct bk_maildir *maildir = bk_maildir_of(store);
	struct bk_err why = {0};
	int rc = 0;

	if (!maildir->writable)
		return bk_fail(err, BK_MISUSE, "the store is open for reading");
	int root = bk_maildir_root(maildir, account, err);
	if (root < 0)
		return -1;
	int control = bk_maildir_control_root(maildir, account, &why);
	rc = finish_waiting(maildir, root, control, account, err);
	for (size_t i = 0; i < n_settings && rc == 0; i++)
		if (strcmp(settings[i].name, BK_MAILDIR_SUBSCRIPTIONS) == 0)
			rc = finish_subscriptions(maildir, root, account,
						  settings[i].value, err);
	if (control >= 0)
		drop_counts(control);
	if (rc == 0)
		rc = use_disks(maildir, root, control, account, err);
	bk_maildir_known_forget(maildir, account->root);
	bk_path_close(&control);
	(void)close(root);
	return rc;
}
