/* The transaction log that lets mod-sequences start high: see the header. */

#include "store/dovecot_modseq.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/file.h"

/*
 * The header of Dovecot's log, version 1.3: u8 major, u8 minor, u16 header
 * size, u32 index id, u32 number of this file, u32 number and u32 size of the
 * one before (0: none), u32 created, u64 first mod-sequence, u8 1 (integers
 * are little-endian), the rest zero.
 */
#define HEADER 40

/* Nothing in a log is shorter, and nothing counts for more than one. */
#define SMALLEST_RECORD 8

/* So far above the floor no source comes before its next copy: in microseconds
 * more than an hour. */
#define HEADROOM ((uint64_t)1 << 32)

struct log {
	uint32_t index_id;
	uint32_t number;
	uint32_t created;
	uint64_t modseq; /* what it may have reached, at most */
	bool bare;       /* it is as we leave one: nobody has written to it */
};

static void write_header(uint8_t head[HEADER], const struct log *log)
{
	memset(head, 0, HEADER);
	head[0] = 1;
	head[1] = 3;
	bk_put_u16(head + 2, HEADER);
	bk_put_u32(head + 4, log->index_id);
	bk_put_u32(head + 8, log->number);
	bk_put_u32(head + 20, log->created);
	bk_put_u64(head + 24, log->modseq);
	head[32] = 1;
}

static bool is_bare(const struct log *log, const uint8_t head[HEADER],
		    const struct stat *st, const struct bk_file_owner *owner)
{
	uint8_t ours[HEADER];
	struct log same = *log;

	same.modseq = bk_get_u64(head + 24);
	write_header(ours, &same);
	return st->st_size == HEADER && memcmp(head, ours, HEADER) == 0 &&
	       (st->st_mode & 07777) == owner->mode &&
	       (owner->uid == (uid_t)-1 || st->st_uid == owner->uid) &&
	       (owner->gid == (gid_t)-1 || st->st_gid == owner->gid);
}

/* 1, or 0 if there is none that Dovecot could go on from. */
static int read_log(int dir, const struct bk_file_owner *owner, struct log *out,
		    struct bk_err *err)
{
	uint8_t head[HEADER];
	struct stat st;
	/* The folder is a user's: there may be anything of that name. */
	int fd = openat(dir, BK_DOVECOT_LOG,
			O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    st.st_size < HEADER) {
		if (fd >= 0)
			(void)close(fd);
		return 0;
	}
	int rc = bk_fd_read_at(fd, head, sizeof(head), 0, err);
	(void)close(fd);
	if (rc < 0)
		return -1;
	if (head[0] != 1)
		return 0;
	out->index_id = bk_get_u32(head + 4);
	out->number = bk_get_u32(head + 8);
	out->created = bk_get_u32(head + 20);
	out->modseq =
		bk_get_u64(head + 24) + (uint64_t)st.st_size / SMALLEST_RECORD;
	out->bare = is_bare(out, head, &st, owner);
	return 1;
}

/* Without its log an index is of no use, and Dovecot would complain of it.
 * True: there was none. */
static bool forget_index(int dir)
{
	static const char *const names[] = {
		"dovecot.index", "dovecot.index.cache", BK_DOVECOT_LOG ".2"};
	bool none = true;

	for (size_t i = 0; i < 3; i++)
		none &= unlinkat(dir, names[i], 0) < 0 && errno == ENOENT;
	return none;
}

static uint64_t larger(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

int bk_dovecot_modseq_raise(int dir, uint64_t floor,
			    const struct bk_file_owner *owner,
			    struct bk_err *err)
{
	uint8_t head[HEADER];
	struct log log = {0};
	uint64_t now_ms = (uint64_t)bk_clock_now_ms();
	uint32_t now = (uint32_t)(now_ms / 1000);

	int there = read_log(dir, owner, &log, err);
	if (there < 0)
		return bk_context(err, BK_DOVECOT_LOG);
	/* An index of which nobody knows anything yet contradicts nothing. */
	bool none = forget_index(dir);
	if (there && none && log.bare && log.modseq > HEADROOM &&
	    log.modseq - HEADROOM > floor)
		return 0;
	if (!there)
		log.index_id = now;
	log.number++;
	log.created = log.created < now ? now : log.created + 1;
	log.modseq = larger(larger(log.modseq, floor) + 1, now_ms * 1000);
	write_header(head, &log);
	return bk_file_put_as(dir, BK_DOVECOT_LOG,
			      (struct bk_view){head, sizeof(head)}, owner, err);
}
