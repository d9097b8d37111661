/*
 * Moves files to a target and back as fast as its driver can: no retries, no
 * spool, no cache.
 *
 *	ferry put URL THREADS FILE...
 *	ferry get URL THREADS FOLDER NAME...	"-" drops what comes
 *
 * A file becomes data/NAME.  How the server is reached stands in the variables
 * of tests/lib/targets.sh.
 */

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/parse.h"
#include "base/pool.h"
#include "target/scheme.h"

#define PIECE       ((size_t)256 << 10)
#define THREADS_MAX 64

struct ferry {
	struct bk_target *target;
	const char *folder; /* of a get; NULL: dropped */
};

static char *blob_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return bk_asprintf("data/%s", slash ? slash + 1 : path);
}

/* ---- there ---- */

static int write_file(struct bk_put *put, int fd, uint64_t size,
		      struct bk_err *err)
{
	uint8_t *piece = bk_alloc(PIECE);
	int rc = 0;

	for (uint64_t at = 0; at < size && rc == 0; at += PIECE) {
		size_t n = size - at < PIECE ? (size_t)(size - at) : PIECE;
		rc = bk_fd_read_at(fd, piece, n, at, err);
		if (rc == 0)
			rc = bk_put_write(put, piece, n, err);
	}
	free(piece);
	return rc;
}

static int put_open_file(struct bk_target *target, const char *path, int fd,
			 struct bk_err *err)
{
	struct bk_put *put = NULL;
	struct stat st;

	if (fd < 0 || fstat(fd, &st) < 0)
		return bk_fail_errno(err, "%s", path);
	char *name = blob_name(path);
	uint64_t size = (uint64_t)st.st_size;
	int rc = bk_target_put_begin(target, name, size, &put, err);
	free(name);
	if (rc < 0)
		return -1;
	if (write_file(put, fd, size, err) < 0) {
		bk_put_abort(put);
		return -1;
	}
	return bk_put_commit(put, err);
}

static int put_file(void *context, unsigned worker, void *item,
		    struct bk_err *err)
{
	struct ferry *ferry = context;
	int fd = open(item, O_RDONLY | O_CLOEXEC);
	int rc = put_open_file(ferry->target, item, fd, err);

	(void)worker;
	if (fd >= 0)
		(void)close(fd);
	return rc;
}

/* ---- and back ---- */

static int drop(struct bk_sink *to, const void *data, size_t len,
		struct bk_err *err)
{
	(void)to;
	(void)data;
	(void)len;
	(void)err;
	return 0;
}

static int get_blob(struct bk_target *target, const char *name,
		    struct bk_sink *to, struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_target_stat(target, name, &size, err) < 0)
		return -1;
	return bk_target_get(target, name, 0, size, to, err);
}

static int get_file(void *context, unsigned worker, void *item,
		    struct bk_err *err)
{
	struct ferry *ferry = context;
	struct bk_sink dropped = {drop};
	struct bk_fd_sink kept;
	char *name = blob_name(item), *path = NULL;
	int fd = -1, rc = 0;

	(void)worker;
	if (ferry->folder) {
		path = bk_asprintf("%s/%s", ferry->folder, (char *)item);
		fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		rc = fd < 0 ? bk_fail_errno(err, "%s", path) : 0;
	}
	bk_fd_sink_init(&kept, fd);
	if (rc == 0)
		rc = get_blob(ferry->target, name,
			      fd < 0 ? &dropped : &kept.sink, err);
	if (fd >= 0 && close(fd) < 0 && rc == 0)
		rc = bk_fail_errno(err, "%s", path);
	free(path);
	free(name);
	return rc;
}

/* ---- all of them ---- */

static int each(struct ferry *ferry, bk_pool_work *work, uint64_t threads,
		char **items, struct bk_err *err)
{
	struct bk_queue *queue = bk_queue_new(THREADS_MAX, 0);
	struct bk_pool *pool = NULL;
	struct bk_err why = {0};
	int rc = bk_pool_start(&pool, (unsigned)threads, queue, work, ferry,
			       err);

	for (; rc == 0 && *items; items++)
		rc = bk_queue_push(queue, *items, 0, err);
	bk_queue_close(queue);
	if (pool && bk_pool_join(pool, &why) < 0) {
		*err = why;
		rc = -1;
	}
	bk_queue_free(queue, NULL);
	return rc;
}

static int move(struct bk_target *target, char **word, struct bk_err *err)
{
	struct ferry ferry = {.target = target};
	uint64_t threads;

	if (bk_parse_number(word[2], THREADS_MAX, &threads, err) < 0)
		return -1;
	if (strcmp(word[0], "put") == 0)
		return each(&ferry, put_file, threads, word + 3, err);
	ferry.folder = strcmp(word[3], "-") != 0 ? word[3] : NULL;
	return each(&ferry, get_file, threads, word + 4, err);
}

static int run(int n, char **word, struct bk_err *err)
{
	const char *password = getenv("BK_TEST_PASSWORD_FILE");
	char *from = bk_asprintf("file:%s", password ? password : "");
	const struct bk_access access = {
		.password = password ? from : NULL,
		.ca = getenv("BK_TEST_CA"),
		.ssh_key = getenv("BK_TEST_SSH_KEY"),
		.known_hosts = getenv("BK_TEST_KNOWN_HOSTS"),
		.allow_cleartext = true,
	};
	bool known = (n > 3 && strcmp(word[0], "put") == 0) ||
		     (n > 4 && strcmp(word[0], "get") == 0);
	struct bk_target *target = NULL;
	struct bk_url url = {0};
	int rc;

	if (!known)
		rc = bk_fail(err, BK_MISUSE,
			     "put URL THREADS FILE..., or get URL THREADS "
			     "FOLDER NAME...");
	else
		rc = bk_url_parse(&url, word[1], err);
	if (rc == 0)
		rc = bk_driver_open(&target, &url, &access, true, err);
	if (rc == 0)
		rc = move(target, word, err);
	bk_target_close(target);
	bk_url_clear(&url);
	free(from);
	return rc;
}

int main(int argc, char **argv)
{
	struct bk_err err = {0};

	if (run(argc - 1, argv + 1, &err) == 0)
		return 0;
	(void)fprintf(stderr, "ferry: %s\n", err.text);
	return err.kind == BK_MISUSE ? 2 : 1;
}
