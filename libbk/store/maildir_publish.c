/*
 * Making staged messages visible: see maildir_writer.h.
 *
 * Everything that Dovecot writes under the lock of its UID list is written
 * under it here, and in an order in which a crash leaves nothing wrong: bodies
 * are on disk before they have a name in cur, letters are explained before a
 * name bears them, the index that would contradict is gone before there is
 * anything to contradict, and the UIDs come last, when all of their files are
 * there.
 */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/path.h"
#include "store/courier_files.h"
#include "store/dents.h"
#include "store/dovecot_modseq.h"
#include "store/maildir_writer.h"
#include "store/uidlist.h"

#define KEYWORDS_NAME "dovecot-keywords"
#define NO_LETTER     (-1)
#define FEW           32 /* bodies: see settle_bodies */

/* What a publishing works with. */
struct batch {
	struct bk_maildir_writer *w;
	struct bk_keyword_letters letters;
	signed char *letter_of; /* by index of the folder's table */
	struct bk_arena arena;
};

/* ---- keywords ---- */

static int read_letters(struct batch *b, struct bk_buf *text,
			struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_path_read(b->w->control, KEYWORDS_NAME, BK_MAILDIR_SMALL_FILE,
			 text, &why) < 0 &&
	    why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	bk_keyword_letters_read(&b->letters, bk_buf_view(text), &b->arena);
	return 0;
}

static void assign_letters(struct batch *b, const struct bk_staged *staged)
{
	struct bk_maildir_writer *w = b->w;

	for (uint16_t i = 0; i < staged->n_keywords; i++) {
		uint16_t keyword = staged->keywords[i];
		if (b->letter_of[keyword] != NO_LETTER)
			continue;
		int letter = bk_keyword_letters_find(
			&b->letters, w->writer.folder.keywords[keyword]);
		b->letter_of[keyword] = (signed char)letter;
		w->lost[keyword] |= letter == NO_LETTER;
	}
}

/* A letter for each keyword that is about to be used. */
static int write_letters(struct batch *b, struct bk_err *err)
{
	struct bk_maildir_writer *w = b->w;
	struct bk_buf before = {0};
	struct bk_buf after = {0};
	size_t n = w->writer.folder.n_keywords;
	int rc = read_letters(b, &before, err);

	b->letter_of = bk_arena_alloc(&b->arena, n + 1);
	memset(b->letter_of, NO_LETTER, n + 1);
	if (!w->lost)
		w->lost = bk_arena_alloc(&w->arena, n + 1);
	bk_keyword_letters_write(&b->letters, &after);
	size_t len = after.len;
	for (size_t i = w->n_published; i < w->n_staged; i++)
		assign_letters(b, &w->staged[i]);
	after.len = 0;
	bk_keyword_letters_write(&b->letters, &after);
	if (rc == 0 && after.len != len)
		rc = bk_file_put_as(w->control, KEYWORDS_NAME,
				    bk_buf_view(&after), &w->file, err);
	bk_buf_clear(&before);
	bk_buf_clear(&after);
	return rc;
}

/* Courier keeps a file for each message that has keywords. */
static int write_courier_keywords(struct batch *b, struct bk_err *err)
{
	struct bk_maildir_writer *w = b->w;
	struct bk_buf text = {0};
	int dir = -1;
	int rc = 0;

	for (size_t i = w->n_published; rc == 0 && i < w->n_staged; i++) {
		const struct bk_staged *staged = &w->staged[i];
		if (!staged->n_keywords && staged->tmp)
			continue;
		if (dir < 0)
			dir = bk_path_make(w->dir, BK_COURIER_KEYWORDS,
					   w->dir_mode, w->file.uid,
					   w->file.gid, err);
		if (dir < 0)
			return -1;
		text.len = 0;
		for (uint16_t k = 0; k < staged->n_keywords; k++)
			bk_buf_printf(
				&text, "%s\n",
				w->writer.folder.keywords[staged->keywords[k]]);
		rc = bk_file_put_as(dir, staged->base, bk_buf_view(&text),
				    &w->file, err);
	}
	bk_path_close(&dir);
	bk_buf_clear(&text);
	return rc;
}

/* ---- names in cur ---- */

/* ":2," and its letters in the order of ASCII, as Dovecot writes them; letters
 * of other programs that a file has are left to it. */
static void compose_info(const struct batch *b, const struct bk_staged *staged,
			 char out[80])
{
	static const struct {
		uint8_t flag;
		char letter;
	} known[] = {
		{BK_FLAG_DRAFT,    'D'},
                {BK_FLAG_FLAGGED,  'F'},
		{BK_FLAG_PASSED,   'P'},
                {BK_FLAG_ANSWERED, 'R'},
		{BK_FLAG_SEEN,     'S'},
                {BK_FLAG_DELETED,  'T'}
        };
	bool has[128] = {false};
	const char *old = staged->from ? strchr(staged->from, ',') : NULL;

	for (; old && *old; old++)
		has[*old & 0x7f] = *old >= 'A' && *old <= 'Z';
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		has[(int)known[i].letter] = staged->flags & known[i].flag;
	for (uint16_t i = 0; b->letter_of && i < staged->n_keywords; i++)
		if (b->letter_of[staged->keywords[i]] != NO_LETTER)
			has['a' + b->letter_of[staged->keywords[i]]] = true;
	size_t at = 3;
	memcpy(out, ":2,", 3);
	for (int c = 'A'; c <= 'z'; c++)
		if (has[c])
			out[at++] = (char)c;
	out[at] = 0;
}

static int move_body(struct batch *b, struct bk_staged *staged,
		     struct bk_err *err)
{
	struct bk_maildir_writer *w = b->w;
	struct bk_err why = {0};
	char info[80];

	compose_info(b, staged, info);
	for (;;) {
		char *to = bk_asprintf("%s%s", staged->base, info);
		int rc = bk_file_move(w->tmp, staged->tmp, w->cur, to, &why);
		free(to);
		if (rc == 0)
			break;
		if (why.kind != BK_EXISTS) {
			*err = why;
			return -1;
		}
		/* Somebody delivered it in the meantime; ours is another. */
		staged->base = bk_maildir_fresh_name(w, 0, 0);
	}
	staged->tmp = NULL;
	w->added++;
	if (w->kept && !w->writer.keeps_uids)
		bk_message_list_add(w->kept)->name =
			bk_arena_strdup(&w->kept->arena, staged->base);
	return 0;
}

/* The name that a message has now: 1, or 0 when it is gone. */
static int find_again(struct bk_maildir_writer *w, const char *base, int *part,
		      char name[NAME_MAX + 1], struct bk_err *err)
{
	const int dirs[] = {w->new, w->cur};
	size_t len = strlen(base);
	struct bk_dents dents;
	struct bk_dent entry;
	bool found = false;
	int rc = 0;

	for (size_t i = 0; i < 2 && rc >= 0; i++) {
		if (bk_dents_open(&dents, dirs[i], err) < 0)
			return -1;
		while ((rc = bk_dents_next(&dents, &entry, err)) > 0) {
			if (strncmp(entry.name, base, len) != 0 ||
			    (entry.name[len] && entry.name[len] != ':'))
				continue;
			memcpy(name, entry.name, entry.len + 1);
			*part = dirs[i];
			found = true;
		}
		bk_dents_close(&dents);
	}
	return rc < 0 ? -1 : found;
}

static int rename_message(struct batch *b, const struct bk_staged *staged,
			  struct bk_err *err)
{
	struct bk_maildir_writer *w = b->w;
	struct bk_err why = {0};
	char info[80];
	char now[NAME_MAX + 1];
	int part = staged->from[0] == 'n' ? w->new : w->cur;
	int rc = 1;

	compose_info(b, staged, info);
	char *to = bk_asprintf("%s%s", staged->base, info);
	(void)snprintf(now, sizeof(now), "%s%s", staged->base,
		       staged->from + 1);
	for (int i = 0; i < 10 && rc > 0; i++) {
		if (part == w->cur && strcmp(now, to) == 0)
			break;
		if (bk_file_move(part, now, w->cur, to, &why) == 0)
			break;
		/* Renamed by the server, or expunged: then there is nothing
		 * to do. */
		rc = why.kind == BK_GONE
			     ? find_again(w, staged->base, &part, now, err)
			     : -1;
		if (rc < 0 && why.kind != BK_GONE)
			*err = why;
	}
	free(to);
	return rc < 0 ? -1 : 0;
}

static int move_all(struct batch *b, struct bk_err *err)
{
	struct bk_maildir_writer *w = b->w;

	for (; w->n_published < w->n_staged; w->n_published++) {
		struct bk_staged *staged = &w->staged[w->n_published];
		int rc = staged->tmp ? move_body(b, staged, err)
				     : rename_message(b, staged, err);
		if (rc < 0)
			return -1;
		if (w->dotlock.fd >= 0 && w->n_published % 64 == 0 &&
		    bk_dotlock_touch(&w->dotlock, err) < 0)
			return -1;
		bk_fault("store: message moved into its folder");
	}
	return 0;
}

/* ---- the steps ---- */

static int settle_body(struct bk_maildir_writer *w, const char *name,
		       struct bk_err *err)
{
	int fd = openat(w->tmp, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);

	if (fd < 0)
		return bk_fail_errno(err, "tmp/%s", name);
	int rc = bk_fd_settle(fd, err);
	(void)close(fd);
	return rc;
}

/* Bodies on disk before their names: they are if there was a sync since; for
 * many of them one of the whole file system is less than all of theirs. */
static int settle_bodies(struct bk_maildir_writer *w, struct bk_err *err)
{
	size_t n = w->n_staged - w->n_published;

	if (bk_maildir_synced_since(w->maildir, w->staged_at))
		return 0;
	if (n > FEW && syncfs(w->tmp) < 0)
		return bk_fail_errno(err, "sync");
	for (size_t i = w->n_published; n <= FEW && i < w->n_staged; i++)
		if (w->staged[i].tmp &&
		    settle_body(w, w->staged[i].tmp, err) < 0)
			return -1;
	return 0;
}

static void tell_wait(void *arg, const char *path, int64_t most_ms)
{
	const struct bk_maildir_writer *w = arg;
	const struct bk_store *store = &w->maildir->store;
	char *what = bk_asprintf("%s %s: %s", w->account.address, w->want->name,
				 path);

	store->waits(store->waits_arg, what, most_ms);
	free(what);
}

static int take_lock(struct bk_maildir_writer *w, struct bk_err *err)
{
	if (w->courier)
		return 0;
	w->dotlock.waits = w->maildir->store.waits ? tell_wait : NULL;
	w->dotlock.waits_arg = w;
	return bk_dotlock_take(&w->dotlock, w->control, BK_UIDLIST_NAME,
			       &w->file, BK_DOTLOCK_WAIT_MS, err);
}

/* A server may have opened the folder after us and given out UIDs. */
static int check_uids(struct bk_maildir_writer *w, struct bk_err *err)
{
	struct bk_uidlist_reader reader;
	struct bk_uidlist_row row;
	const char *name = w->courier ? BK_UIDLIST_COURIER : BK_UIDLIST_NAME;
	int rc = bk_uidlist_open(&reader, w->control, name, err);

	if (rc <= 0)
		return rc;
	bool given = reader.header.uid_next > 1;
	rc = bk_uidlist_next(&reader, &row, err);
	bk_uidlist_close(&reader);
	if (rc < 0)
		return -1;
	if (!given && rc == 0)
		return 0;
	w->writer.keeps_uids = false;
	(void)snprintf(w->result.note, sizeof(w->result.note),
		       "new UIDs: the server gave out some while the folder "
		       "was being written");
	return 0;
}

static int reset_index(struct bk_maildir_writer *w, struct bk_err *err)
{
	if (w->courier)
		return 0;
	int dir = bk_maildir_index(w, err);
	if (dir < 0)
		return -1;
	int rc = bk_dovecot_modseq_raise(dir, w->want->highest_modseq, &w->file,
					 err);
	(void)close(dir);
	bk_fault("store: index reset, no UIDs yet");
	return rc;
}

static int publish_locked(struct batch *b, bool last, struct bk_err *err)
{
	struct bk_maildir_writer *w = b->w;

	if (last && w->writer.keeps_uids && !w->want->follows &&
	    check_uids(w, err) < 0)
		return -1;
	if ((w->courier ? write_courier_keywords(b, err)
			: write_letters(b, err)) < 0)
		return -1;
	bool uids = last && w->writer.keeps_uids;
	if (uids && reset_index(w, err) < 0)
		return -1;
	if (move_all(b, err) < 0)
		return -1;
	return uids ? bk_maildir_write_uids(w, err) : 0;
}

int bk_maildir_publish(struct bk_maildir_writer *w, bool last,
		       struct bk_err *err)
{
	struct batch b = {.w = w};
	bool waiting = w->n_published < w->n_staged;
	int rc = 0;

	if (!waiting && !(last && w->writer.keeps_uids))
		return 0;
	if (settle_bodies(w, err) < 0)
		return -1;
	bk_fault("store: bodies durable, not visible");
	if (take_lock(w, err) < 0)
		return -1;
	rc = publish_locked(&b, last, err);
	bk_dotlock_release(&w->dotlock);
	bk_arena_clear(&b.arena);
	if (rc == 0 && !w->writer.keeps_uids) {
		w->n_staged = w->n_published = 0;
		bk_arena_clear(&w->staged_arena);
	}
	return rc;
}
