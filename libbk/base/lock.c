/* A lock file that the kernel lets go of when its owner dies: see lock.h. */

#include "base/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/cancel.h"
#include "base/clock.h"
#include "base/file.h"

#define TEXT_MAX    4096
#define BOOT_ID_MAX 64
#define POLL_MIN_MS 1
#define POLL_MAX_MS 250

struct bk_lock {
	char *path;
	int fd;
};

/* Who holds a lock, as its file says; pid 0: the file does not say. */
struct owner {
	char boot[BOOT_ID_MAX];
	intmax_t pid;
	uint64_t start; /* clock ticks after boot, proc(5) */
	int64_t since;  /* UTC seconds */
	char command[64];
};

/* FNV-1a: a name that is the same in every run is all that is asked of it.
 * Two pairs that met would only wait for each other. */
static uint64_t hash(uint64_t h, const char *s)
{
	do
		h = (h ^ (uint8_t)*s) * UINT64_C(0x100000001b3);
	while (*s++);
	return h;
}

static char *path_of(const struct bk_lock_request *request)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	h = hash(hash(h, request->store), request->repo);
	return bk_asprintf("%s/lock-%016" PRIx64, request->state_dir, h);
}

/* The start of a small file as text; "" when it cannot be read. */
static void read_text(int fd, char *text, size_t cap)
{
	ssize_t n = fd < 0 ? 0 : pread(fd, text, cap - 1, 0);

	text[n < 0 ? 0 : n] = 0;
}

static void read_text_at(const char *path, char *text, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	read_text(fd, text, cap);
	if (fd >= 0)
		(void)close(fd);
}

static void read_boot_id(char boot[BOOT_ID_MAX])
{
	read_text_at("/proc/sys/kernel/random/boot_id", boot, BOOT_ID_MAX);
	boot[strcspn(boot, "\n")] = 0;
}

/* Field 22 of /proc/PID/stat; the second one, the name, may hold anything, so
 * counting begins behind its last ')'.  0: no such process, or a zombie, which
 * has let go of everything but its number. */
static uint64_t start_time_of(intmax_t pid)
{
	char path[64], stat[1024];

	(void)snprintf(path, sizeof(path), "/proc/%jd/stat", pid);
	read_text_at(path, stat, sizeof(stat));
	const char *at = strrchr(stat, ')');
	if (!at || !strncmp(at, ") Z", 3) || !strncmp(at, ") X", 3))
		return 0;
	for (int field = 2; at && field < 22; field++)
		at = strchr(at + 1, ' ');
	return at ? strtoull(at + 1, NULL, 10) : 0;
}

/* The value of a line "word value" in `text`, up to cap bytes with the NUL;
 * "" if there is no such line. */
static void find_line(const char *text, const char *word, char *value,
		      size_t cap)
{
	size_t n = strlen(word);

	value[0] = 0;
	while (*text) {
		size_t len = strcspn(text, "\n");
		if (len > n && !strncmp(text, word, n) && text[n] == ' ') {
			(void)snprintf(value, cap, "%.*s", (int)(len - n - 1),
				       text + n + 1);
			return;
		}
		text += len + (text[len] == '\n');
	}
}

static void read_owner(int fd, struct owner *owner)
{
	char text[TEXT_MAX], number[32];

	read_text(fd, text, sizeof(text));
	find_line(text, "boot", owner->boot, sizeof(owner->boot));
	find_line(text, "command", owner->command, sizeof(owner->command));
	find_line(text, "pid", number, sizeof(number));
	owner->pid = strtoimax(number, NULL, 10);
	find_line(text, "start", number, sizeof(number));
	owner->start = strtoull(number, NULL, 10);
	find_line(text, "since", number, sizeof(number));
	owner->since = strtoimax(number, NULL, 10);
}

static bool is_alive(const struct owner *owner)
{
	char boot[BOOT_ID_MAX];

	read_boot_id(boot);
	return owner->pid > 0 && owner->start && boot[0] &&
	       !strcmp(owner->boot, boot) &&
	       start_time_of(owner->pid) == owner->start;
}

/* What cannot be written is only for others to read: a full disk must not
 * keep a restore or a prune from running. */
static void write_owner(int fd, const struct bk_lock_request *request)
{
	char boot[BOOT_ID_MAX];
	struct bk_buf text = {0};
	struct bk_err ignored = {0};

	read_boot_id(boot);
	bk_buf_printf(&text, "boot %s\npid %jd\nstart %" PRIu64 "\n", boot,
		      (intmax_t)getpid(), start_time_of(getpid()));
	bk_buf_printf(&text, "since %" PRId64 "\ncommand %s\n", bk_clock_now(),
		      request->command);
	bk_buf_printf(&text, "store %s\nrepo %s\n", request->store,
		      request->repo);
	if (ftruncate(fd, 0) == 0)
		(void)bk_fd_write(fd, text.data, text.len, &ignored);
	bk_buf_clear(&text);
}

/* Between our open and our flock the last owner may have removed the file:
 * then we hold something that nobody else will look at. */
static bool is_still_named(int fd, const char *path)
{
	struct stat held, named;

	return fstat(fd, &held) == 0 && stat(path, &named) == 0 &&
	       held.st_dev == named.st_dev && held.st_ino == named.st_ino;
}

/* 1 taken; 0 somebody has it, *owner says who; -1 */
static int try_to_take(struct bk_lock *lock,
		       const struct bk_lock_request *request,
		       struct owner *owner, struct bk_err *err)
{
	int rc = -1;
	int fd = open(lock->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW,
		      0600);

	if (fd < 0)
		return bk_fail_errno(err, "lock file %s", lock->path);
	if (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK) {
			bk_fail_errno(err, "lock on %s", lock->path);
			goto out;
		}
		read_owner(fd, owner);
		rc = 0;
		goto out;
	}
	read_owner(fd, owner);
	rc = 0;
	if (!is_still_named(fd, lock->path)) {
		*owner = (struct owner){0};
		goto out;
	}
	if (owner->pid != getpid() && is_alive(owner))
		goto out;
	write_owner(fd, request);
	lock->fd = fd;
	return 1;
out:
	(void)close(fd);
	return rc;
}

static int say_busy(const struct bk_lock_request *request,
		    const struct owner *owner, struct bk_err *err)
{
	char since[BK_CLOCK_TEXT];
	const char *advice = request->wait_ms > 0
				     ? "still so when --wait was over"
				     : "wait with --wait 10m";

	if (!owner->pid)
		return bk_fail(err, BK_BUSY, "locked by another run; %s",
			       advice);
	return bk_fail(err, BK_BUSY, "locked by %s (pid %jd, since %s); %s",
		       owner->command, owner->pid,
		       bk_clock_local(since, owner->since), advice);
}

static int take_or_wait(struct bk_lock *lock,
			const struct bk_lock_request *request,
			struct bk_err *err)
{
	int64_t end;
	int64_t pause_ms = POLL_MIN_MS;
	struct owner owner = {0};
	int rc;

	if (__builtin_add_overflow(bk_clock_monotonic_ms(), request->wait_ms,
				   &end))
		end = INT64_MAX;
	while (!(rc = try_to_take(lock, request, &owner, err))) {
		int64_t left_ms = end - bk_clock_monotonic_ms();
		/* A file that its owner is just removing or filling in is no
		 * answer: it is looked at again even without --wait. */
		if (!owner.pid && left_ms < POLL_MAX_MS &&
		    pause_ms < POLL_MAX_MS)
			left_ms = POLL_MAX_MS;
		if (left_ms <= 0)
			return say_busy(request, &owner, err);
		if (bk_cancelled(err) < 0)
			return bk_context(err, "waiting for the lock");
		if (pause_ms > left_ms)
			pause_ms = left_ms;
		(void)nanosleep(&(struct timespec){0, pause_ms * 1000000},
				NULL);
		pause_ms =
			pause_ms * 2 < POLL_MAX_MS ? pause_ms * 2 : POLL_MAX_MS;
	}
	return rc;
}

int bk_lock_take(struct bk_lock **out, const struct bk_lock_request *request,
		 struct bk_err *err)
{
	struct bk_lock *lock;

	if (bk_dir_make(AT_FDCWD, request->state_dir, 0700, err) < 0)
		return bk_context(err, "state directory");
	lock = bk_alloc(sizeof(*lock));
	lock->fd = -1;
	lock->path = path_of(request);
	if (take_or_wait(lock, request, err) < 0) {
		bk_lock_release(lock);
		return -1;
	}
	*out = lock;
	return 0;
}

int64_t bk_lock_since(const struct bk_lock_request *request)
{
	char *path = path_of(request);
	struct owner owner = {0};
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);

	free(path);
	if (fd < 0)
		return 0;
	read_owner(fd, &owner);
	(void)close(fd);
	return is_alive(&owner) ? owner.since : 0;
}

void bk_lock_release(struct bk_lock *lock)
{
	if (!lock)
		return;
	if (lock->fd >= 0) {
		/* A file that cannot be removed must at least not name an
		 * owner who is alive and done with it. */
		if (unlink(lock->path) < 0)
			(void)!ftruncate(lock->fd, 0);
		(void)close(lock->fd);
	}
	free(lock->path);
	free(lock);
}
