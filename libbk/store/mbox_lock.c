/*
 * Locks on mbox files, as Dovecot (mbox_read_locks = fcntl, mbox_write_locks =
 * dotlock fcntl), Postfix and mutt take them: a dot-lock to write, fcntl(2)'s
 * on the file, here of the kind that belongs to the open file, and flock(2)'s
 * where that was asked for.  No lock is waited for while another one is held,
 * so that the order in which others take theirs is all the same.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
#include "base/path.h"
#include "base/pattern.h"
#include "store/dotlock.h"
#include "store/mbox.h"

#define WAIT_MS  ((int64_t)60000)
#define PAUSE_MS 50

struct waiting {
	struct bk_mbox *mbox;
	const char *name;
	int64_t began;
	bool told;
};

/* ---- which are taken ---- */

static bool *lock_named(struct bk_mbox_locks *locks, const char *word)
{
	if (strcmp(word, "dotlock") == 0)
		return &locks->dotlock;
	if (strcmp(word, "fcntl") == 0)
		return &locks->fcntl;
	return strcmp(word, "flock") == 0 ? &locks->flock : NULL;
}

int bk_mbox_locks_parse(struct bk_mbox_locks *out, const char *text,
			struct bk_err *err)
{
	struct bk_names words = {0};
	int rc = 0;

	*out = (struct bk_mbox_locks){.dotlock = !text, .fcntl = !text};
	if (text)
		bk_names_add_words(&words, text);
	if (text && !words.n)
		rc = bk_fail(err, BK_MISUSE, "locks: name one at least");
	for (size_t i = 0; i < words.n && rc == 0; i++) {
		bool *lock = lock_named(out, words.items[i]);
		if (!lock)
			rc = bk_fail(err, BK_MISUSE,
				     "locks: '%s' is none of dotlock, fcntl, "
				     "flock",
				     words.items[i]);
		else
			*lock = true;
	}
	bk_names_clear(&words);
	return rc;
}

/* ---- waiting ---- */

/* -1: it is enough. */
static int wait_more(struct waiting *waiting, const char *what,
		     struct bk_err *err)
{
	struct bk_store *store = &waiting->mbox->store;
	int64_t waited = bk_clock_monotonic_ms() - waiting->began;

	if (bk_cancelled(err) < 0)
		return -1;
	if (waited >= WAIT_MS)
		return bk_fail(err, BK_REFUSED,
			       "%s is locked by another program (%s) for "
			       "longer than a minute",
			       waiting->name, what);
	if (!waiting->told && waited >= BK_DOTLOCK_TELL_MS && store->waits)
		store->waits(store->waits_arg, waiting->name, WAIT_MS);
	waiting->told |= waited >= BK_DOTLOCK_TELL_MS;
	bk_clock_rest(PAUSE_MS);
	return 0;
}

/* Who writes without a lock on the file has this one; an old one is left from
 * somebody who is no more. */
static bool is_dotlocked(const struct bk_mbox_spot *spot)
{
	char *path = bk_asprintf("%s.lock", spot->name);
	struct stat st;
	bool found = fstatat(spot->dir, path, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		     st.st_mtime + BK_DOTLOCK_STALE_S >= bk_clock_now();

	free(path);
	return found;
}

/* ---- on the file ---- */

static int try_fcntl(int fd, short type)
{
	struct flock lock = {.l_type = type, .l_whence = SEEK_SET};

	return fcntl(fd, F_OFD_SETLK, &lock);
}

/* 1: they are ours; 0: somebody has *which, and none is; -1. */
static int try_locks(const struct bk_mbox *mbox,
		     const struct bk_mbox_spot *spot, int fd, bool shared,
		     const char **which, struct bk_err *err)
{
	const struct bk_mbox_locks *locks = &mbox->locks;

	*which = "fcntl";
	if (locks->fcntl && try_fcntl(fd, shared ? F_RDLCK : F_WRLCK) < 0)
		goto failed;
	*which = "flock";
	if (!locks->flock ||
	    flock(fd, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) == 0)
		return 1;
failed:
	if (errno != EAGAIN && errno != EACCES && errno != EINTR &&
	    errno != EWOULDBLOCK)
		return bk_fail_errno(err, "%s: lock (%s)", spot->name, *which);
	if (locks->fcntl)
		(void)try_fcntl(fd, F_UNLCK);
	return 0;
}

int bk_mbox_lock_to_read(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
			 int fd, struct bk_err *err)
{
	struct waiting waiting = {mbox, spot->name, bk_clock_monotonic_ms(),
				  false};
	const char *which = "dot-lock";
	int rc = 0;

	while (mbox->locks.dotlock && is_dotlocked(spot))
		if (wait_more(&waiting, which, err) < 0)
			return -1;
	while ((rc = try_locks(mbox, spot, fd, true, &which, err)) == 0)
		if (wait_more(&waiting, which, err) < 0)
			return -1;
	return rc < 0 ? -1 : 0;
}

static int take_dotlock(const struct bk_mbox *mbox,
			const struct bk_mbox_spot *spot,
			const struct bk_file_owner *owner,
			struct bk_dotlock *dotlock, struct bk_err *err)
{
	if (!mbox->locks.dotlock ||
	    bk_dotlock_take(dotlock, spot->dir, spot->name, owner,
			    BK_DOTLOCK_WAIT_MS, err) == 0)
		return 0;
	/* Of one file alone: the others are written all the same. */
	if (err->kind == BK_BUSY)
		err->kind = BK_REFUSED;
	return -1;
}

int bk_mbox_lock_to_write(struct bk_mbox *mbox, const struct bk_mbox_spot *spot,
			  const struct bk_file_owner *owner,
			  struct bk_dotlock *dotlock, int *fd,
			  struct bk_err *err)
{
	struct waiting waiting = {mbox, spot->name, bk_clock_monotonic_ms(),
				  false};

	for (;;) {
		const char *which = NULL;
		struct stat st;
		int rc = take_dotlock(mbox, spot, owner, dotlock, err);
		if (rc == 0)
			*fd = bk_mbox_spot_open(spot, O_RDWR, &st, err);
		rc = rc < 0 || *fd < 0
			     ? -1
			     : try_locks(mbox, spot, *fd, false, &which, err);
		if (rc > 0)
			return 0;
		bk_path_close(fd);
		bk_dotlock_release(dotlock);
		if (rc < 0 || wait_more(&waiting, which, err) < 0)
			return -1;
	}
}
