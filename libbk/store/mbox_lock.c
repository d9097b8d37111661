/*
 * Locks on mbox files, as Dovecot (mbox_read_locks = fcntl, mbox_write_locks =
 * dotlock fcntl), Postfix and mutt take them: a dot-lock to write, and
 * fcntl(2)'s on the file, here of the kind that belongs to the open file.
 */

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/clock.h"
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

int bk_mbox_lock(struct bk_mbox *mbox, const struct bk_mbox_spot *spot, int fd,
		 bool shared, struct bk_err *err)
{
	struct waiting waiting = {mbox, spot->name, bk_clock_monotonic_ms(),
				  false};
	struct flock lock = {.l_type = shared ? F_RDLCK : F_WRLCK,
			     .l_whence = SEEK_SET};

	while (shared && is_dotlocked(spot))
		if (wait_more(&waiting, "dot-lock", err) < 0)
			return -1;
	while (fcntl(fd, F_OFD_SETLK, &lock) < 0) {
		if (errno != EAGAIN && errno != EACCES && errno != EINTR)
			return bk_fail_errno(err, "%s: lock", spot->name);
		if (wait_more(&waiting, "fcntl", err) < 0)
			return -1;
	}
	return 0;
}
