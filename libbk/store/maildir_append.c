/* Messages on their way into a folder: see maildir_writer.h. */

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "store/dents.h"
#include "store/maildir_writer.h"

#define BUFFER ((size_t)64 << 10)
/* Room for ":2," and all flags and letters behind a base name. */
#define BASE_MAX (NAME_MAX - 40)
#define BATCH    1000
#define HOST_MAX 100 /* of its name, in the name of a file */

/* A file in tmp that is being written. */
struct body {
	struct bk_sink sink; /* first */
	int fd;
	struct bk_buf waiting;
	uint64_t size;
	uint64_t bare_lf; /* a server shows each of them as CRLF */
	uint8_t last;
	char name[NAME_MAX + 1];
};

static const char *host_name(char host[HOST_NAME_MAX * 4 + 1])
{
	char plain[HOST_NAME_MAX + 1] = "";
	char *at = host;

	(void)gethostname(plain, sizeof(plain) - 1);
	for (const char *p = plain; *p; p++) {
		/* As every Maildir program writes them. */
		if (*p == '/' || *p == ':') {
			memcpy(at, *p == '/' ? "\\057" : "\\072", 4);
			at += 4;
		} else {
			*at++ = *p;
		}
	}
	*at = 0;
	host[HOST_MAX] = 0;
	return *host ? host : "localhost";
}

/* ---- files in tmp ---- */

/* "1795293819.bk1234q5.host": of this host and process 1234. */
static void name_in_tmp(struct bk_maildir_writer *w, char out[NAME_MAX + 1])
{
	char host[HOST_NAME_MAX * 4 + 1];

	(void)pthread_mutex_lock(&w->lock);
	unsigned serial = ++w->serial;
	(void)pthread_mutex_unlock(&w->lock);
	(void)snprintf(out, NAME_MAX + 1, "%lld.bk%ldq%u.%s",
		       (long long)time(NULL), (long)getpid(), serial,
		       host_name(host));
}

static bool take_number(const char **at, long *out)
{
	const char *start = *at;

	*out = 0;
	for (; **at >= '0' && **at <= '9'; (*at)++) {
		*out = *out * 10 + (**at - '0');
		if (*out > INT_MAX)
			return false;
	}
	return *at > start;
}

static bool is_left_over(const char *name)
{
	char host[HOST_NAME_MAX * 4 + 1];
	long number;
	long pid;

	if (strncmp(name + strspn(name, "0123456789"), ".bk", 3) != 0)
		return false;
	name = strchr(name, '.') + 3;
	if (!take_number(&name, &pid) || *name++ != 'q' ||
	    !take_number(&name, &number) || *name++ != '.')
		return false;
	return strcmp(name, host_name(host)) == 0 && pid != getpid() &&
	       kill((pid_t)pid, 0) < 0 && errno == ESRCH;
}

void bk_maildir_sweep_tmp(int tmp)
{
	struct bk_dents dents;
	struct bk_dent entry;
	struct bk_err why = {0};

	if (bk_dents_open(&dents, tmp, &why) < 0)
		return;
	while (bk_dents_next(&dents, &entry, &why) > 0)
		if (is_left_over(entry.name))
			(void)unlinkat(tmp, entry.name, 0);
	bk_dents_close(&dents);
}

static int flush(struct body *body, struct bk_err *err)
{
	int rc = bk_fd_write(body->fd, body->waiting.data, body->waiting.len,
			     err);

	body->waiting.len = 0;
	return rc;
}

static int write_body(struct bk_sink *sink, const void *data, size_t len,
		      struct bk_err *err)
{
	struct body *body = (struct body *)sink;
	const uint8_t *bytes = data;

	for (const uint8_t *p = bytes;
	     len && (p = memchr(p, '\n', (size_t)(bytes + len - p))); p++)
		body->bare_lf += (p > bytes ? p[-1] : body->last) != '\r';
	if (len)
		body->last = bytes[len - 1];
	body->size += len;
	if (body->waiting.len + len > BUFFER && flush(body, err) < 0)
		return -1;
	if (len >= BUFFER)
		return bk_fd_write(body->fd, data, len, err);
	bk_buf_add(&body->waiting, data, len);
	return 0;
}

/* Whether a new file has the right owner by itself is the same for all of a
 * folder: it is looked at once. */
static int give_away(struct bk_maildir_writer *w, int fd)
{
	int born_right = atomic_load(&w->born_right);
	struct stat st;

	if (born_right < 0) {
		if (fstat(fd, &st) < 0)
			return -1;
		born_right =
			(w->file.uid == (uid_t)-1 ||
			 w->file.uid == st.st_uid) &&
			(w->file.gid == (gid_t)-1 || w->file.gid == st.st_gid);
		atomic_store(&w->born_right, born_right);
	}
	if (!born_right && fchown(fd, w->file.uid, w->file.gid) < 0)
		return -1;
	return w->file.mode != 0600 ? fchmod(fd, w->file.mode) : 0;
}

static int create_body(struct bk_maildir_writer *w, struct body *body,
		       struct bk_err *err)
{
	name_in_tmp(w, body->name);
	body->fd = openat(w->tmp, body->name,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  0600);
	if (body->fd < 0)
		return bk_fail_errno(err, "tmp/%s", body->name);
	if (give_away(w, body->fd) < 0)
		return bk_fail_errno(err, "owner of tmp/%s", body->name);
	return 0;
}

int bk_maildir_append(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_sink **out,
		      struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	struct body *body = bk_alloc(sizeof(*body));

	(void)msg;
	body->fd = -1;
	body->sink.write = write_body;
	if (create_body(w, body, err) < 0) {
		bk_maildir_drop(writer, &body->sink);
		return -1;
	}
	*out = &body->sink;
	return 0;
}

static void free_body(struct body *body)
{
	bk_path_close(&body->fd);
	bk_buf_clear(&body->waiting);
	free(body);
}

void bk_maildir_drop(struct bk_folder_writer *writer, struct bk_sink *sink)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	struct body *body = (struct body *)sink;

	if (body->fd >= 0)
		(void)unlinkat(w->tmp, body->name, 0);
	free_body(body);
}

/* ---- names ---- */

static bool is_taken(struct bk_maildir_writer *w, const char *name)
{
	uint32_t value;
	size_t at = 0;

	return bk_name_table_next(
		&w->taken, bk_name_table_key(&w->taken, name, strlen(name)),
		&at, &value);
}

static void take_name(struct bk_maildir_writer *w, const char *name)
{
	bk_name_table_add(&w->taken,
			  bk_name_table_key(&w->taken, name, strlen(name)), 0);
}

/* A base name from a set or a server must be one that a Maildir could hold. */
static bool is_base_name(const char *name)
{
	if (!name)
		return false;
	size_t len = strlen(name);
	if (!bk_path_is_name(name, len) || len > BASE_MAX || name[0] == '.')
		return false;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)name[i] <= 0x20 || name[i] == 0x7f ||
		    name[i] == ':')
			return false;
	return true;
}

const char *bk_maildir_fresh_name(struct bk_maildir_writer *w, uint64_t size,
				  uint64_t lines_size)
{
	char host[HOST_NAME_MAX * 4 + 1];
	char name[NAME_MAX + 1];
	struct timespec now;

	do {
		(void)clock_gettime(CLOCK_REALTIME, &now);
		(void)snprintf(name, sizeof(name),
			       "%lld.M%ldP%ldQ%u.%s,S=%llu,W=%llu",
			       (long long)now.tv_sec, now.tv_nsec / 1000,
			       (long)getpid(), ++w->serial, host_name(host),
			       (unsigned long long)size,
			       (unsigned long long)lines_size);
	} while (is_taken(w, name));
	take_name(w, name);
	return bk_arena_strdup(&w->staged_arena, name);
}

/* The name that the message had is kept: who knows it by that name knows it
 * still.  A name that is taken is another message. */
static const char *choose_name(struct bk_maildir_writer *w,
			       const struct bk_message *msg,
			       const struct body *body)
{
	if (!is_base_name(msg->name) || is_taken(w, msg->name))
		return bk_maildir_fresh_name(w, body->size,
					     body->size + body->bare_lf);
	take_name(w, msg->name);
	return bk_arena_strdup(&w->staged_arena, msg->name);
}

/* ---- staging ---- */

static struct bk_staged *stage(struct bk_maildir_writer *w,
			       const struct bk_message *msg)
{
	w->staged = bk_array_room(w->staged, w->n_staged, &w->cap_staged,
				  sizeof(*w->staged));
	struct bk_staged *staged = &w->staged[w->n_staged++];

	*staged = (struct bk_staged){.flags = msg->flags, .uid = msg->uid};
	staged->n_keywords = msg->n_keywords;
	if (msg->n_keywords)
		staged->keywords = bk_arena_memdup(
			&w->staged_arena, msg->keywords,
			msg->n_keywords * sizeof(*msg->keywords));
	return staged;
}

static int stage_body(struct bk_maildir_writer *w, struct body *body,
		      const struct bk_message *msg, struct bk_err *err)
{
	int rc = 0;

	(void)pthread_mutex_lock(&w->lock);
	struct bk_staged *staged = stage(w, msg);
	w->staged_at = bk_maildir_moment(w->maildir);
	staged->tmp = bk_arena_strdup(&w->staged_arena, body->name);
	staged->base = choose_name(w, msg, body);
	if (!w->writer.keeps_uids && w->n_staged - w->n_published >= BATCH)
		rc = bk_maildir_publish(w, false, err);
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}

int bk_maildir_keep(struct bk_folder_writer *writer, struct bk_sink *sink,
		    const struct bk_message *msg, struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	struct body *body = (struct body *)sink;
	struct timespec times[2] = {{.tv_nsec = UTIME_NOW},
				    {.tv_sec = msg->date}};

	if (bk_folder_check_keywords(&w->writer.folder, msg, err) < 0 ||
	    flush(body, err) < 0)
		goto fail;
	if (futimens(body->fd, times) < 0) {
		bk_fail_errno(err, "date");
		goto fail;
	}
	/* The disk works while other messages are put together. */
	if (bk_fd_settle_begin(body->fd, err) < 0)
		goto fail;
	int fd = body->fd;
	body->fd = -1;
	if (close(fd) < 0) {
		bk_fail_errno(err, "close");
		(void)unlinkat(w->tmp, body->name, 0);
		goto fail;
	}
	int rc = stage_body(w, body, msg, err);
	free_body(body);
	return rc;
fail:
	bk_maildir_drop(writer, sink);
	return -1;
}

int bk_maildir_present(struct bk_folder_writer *writer,
		       struct bk_message_list *out, struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);

	(void)err;
	bk_message_list_clear(out);
	*out = w->there;
	w->there = (struct bk_message_list){0};
	return 0;
}

/* ---- messages that are there ---- */

int bk_maildir_set_flags(struct bk_folder_writer *writer,
			 const struct bk_message *present,
			 const struct bk_message *want, struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	bool takes_uid = writer->keeps_uids && want->uid &&
			 want->uid != present->uid &&
			 (w->want->follows || !present->uid);
	int rc = bk_folder_check_keywords(&w->writer.folder, want, err);

	if (rc < 0)
		return -1;
	if (!takes_uid && bk_message_same_marks(present, want))
		return 0;
	/* A file that shares its base name with another keeps its own. */
	if (strchr(present->name, ':'))
		return bk_fail(err, BK_REFUSED, "%s: two files have this name",
			       present->name);
	(void)pthread_mutex_lock(&w->lock);
	struct bk_staged *staged = stage(w, want);
	staged->base = bk_arena_strdup(&w->staged_arena, present->name);
	staged->from = bk_arena_strdup(&w->staged_arena, present->file);
	if (!takes_uid)
		staged->uid = 0;
	if (!w->writer.keeps_uids && w->n_staged - w->n_published >= BATCH)
		rc = bk_maildir_publish(w, false, err);
	(void)pthread_mutex_unlock(&w->lock);
	return rc;
}

int bk_maildir_set_date(struct bk_folder_writer *writer,
			const struct bk_message *present, int64_t date,
			struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = date}};
	int fd = bk_maildir_open_message(present->file[0] == 'n' ? w->new
								 : w->cur,
					 present->name, present->file + 1);

	if (fd < 0)
		return bk_fail_errno(err, "%s", present->name);
	int rc = futimens(fd, times);
	if (rc < 0)
		bk_fail_errno(err, "%s: date", present->name);
	(void)close(fd);
	return rc;
}

/* The server may have renamed it meanwhile. */
static int remove_renamed(struct bk_maildir_writer *w, int part,
			  const char *base, struct bk_err *err)
{
	size_t len = strlen(base);
	struct bk_dents dents;
	struct bk_dent entry;
	int rc;

	if (bk_dents_open(&dents, part, err) < 0)
		return -1;
	while ((rc = bk_dents_next(&dents, &entry, err)) > 0) {
		if (strncmp(entry.name, base, len) != 0 ||
		    (entry.name[len] && entry.name[len] != ':'))
			continue;
		if (unlinkat(part, entry.name, 0) == 0)
			w->removed = true;
	}
	bk_dents_close(&dents);
	return rc;
}

int bk_maildir_remove(struct bk_folder_writer *writer,
		      const struct bk_message *msg, struct bk_err *err)
{
	struct bk_maildir_writer *w = bk_maildir_writer_of(writer);
	char *path =
		bk_asprintf("%.*s%s", (int)bk_maildir_name_length(msg->name),
			    msg->name, msg->file + 1);
	int rc = 0;

	(void)pthread_mutex_lock(&w->lock);
	if (unlinkat(msg->file[0] == 'n' ? w->new : w->cur, path, 0) == 0)
		w->removed = true;
	else if (errno != ENOENT)
		rc = bk_fail_errno(err, "remove %s", path);
	else if (!strchr(msg->name, ':') &&
		 (remove_renamed(w, w->new, msg->name, err) < 0 ||
		  remove_renamed(w, w->cur, msg->name, err) < 0))
		rc = -1;
	if (rc == 0)
		bk_name_table_add(&w->gone,
				  bk_name_table_key(&w->gone, msg->name,
						    strlen(msg->name)),
				  0);
	(void)pthread_mutex_unlock(&w->lock);
	free(path);
	return rc;
}
