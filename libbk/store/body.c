/* Bodies in memory or in a file: see body.h. */

#include "store/body.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "base/path.h"

#define STEP ((size_t)256 << 10)

void bk_body_clear(struct bk_body *body)
{
	bk_path_close(&body->spool);
	bk_buf_clear(&body->bytes);
}

static const char *spool_dir(void)
{
	const char *dir = getenv("TMPDIR");

	return dir && *dir ? dir : "/tmp";
}

/* Least of all that it is gone: it would go wrong with the next one too. */
int bk_body_spool_failed(struct bk_err *err)
{
	char why[BK_ERR_TEXT_MAX];

	bk_fail_errno(err, "spool in %s", spool_dir());
	memcpy(why, err->text, sizeof(why));
	return bk_fail(err, err->kind == BK_FULL ? BK_FULL : BK_STARVED,
		       "%s; set TMPDIR to a folder with room", why);
}

int bk_body_spool(struct bk_err *err)
{
	int fd = bk_fd_nameless(spool_dir());

	return fd < 0 ? bk_body_spool_failed(err) : fd;
}

static int move_to_spool(struct bk_body *body, struct bk_err *err)
{
	body->spool = bk_body_spool(err);
	if (body->spool < 0)
		return -1;
	if (bk_fd_write(body->spool, body->bytes.data, body->bytes.len, err) <
	    0)
		return bk_body_spool_failed(err);
	bk_buf_clear(&body->bytes);
	return 0;
}

static int write_body(struct bk_sink *to, const void *data, size_t len,
		      struct bk_err *err)
{
	struct bk_body_sink *sink = (struct bk_body_sink *)to;
	struct bk_body *body = sink->body;

	sink->size += len;
	if (body->spool < 0 && sink->size <= body->limit) {
		bk_buf_add(&body->bytes, data, len);
		return 0;
	}
	if (body->spool < 0 && move_to_spool(body, err) < 0)
		return -1;
	if (bk_fd_write(body->spool, data, len, err) < 0)
		return bk_body_spool_failed(err);
	return 0;
}

void bk_body_sink_init(struct bk_body_sink *sink, struct bk_body *body)
{
	*sink = (struct bk_body_sink){{write_body}, body, 0};
	bk_path_close(&body->spool);
	body->bytes.len = 0;
}

int bk_body_sink_end(struct bk_body_sink *sink, struct bk_err *err)
{
	int spool = sink->body->spool;

	if (spool >= 0 && lseek(spool, 0, SEEK_SET) < 0)
		return bk_body_spool_failed(err);
	return 0;
}

static int copy_spool(int spool, struct bk_sink *to, struct bk_err *err)
{
	struct bk_buf step = {0};
	off_t at = 0;
	int rc = 0;

	(void)bk_buf_room(&step, STEP);
	while (rc == 0) {
		ssize_t n = pread(spool, step.data, STEP, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n == 0)
			break;
		rc = n < 0 ? bk_body_spool_failed(err)
			   : to->write(to, step.data, (size_t)n, err);
		at += n;
	}
	bk_buf_clear(&step);
	return rc < 0 ? -1 : 0;
}

struct bk_body_coming *bk_body_coming_new(size_t limit)
{
	struct bk_body_coming *coming = bk_alloc(sizeof(*coming));

	coming->body = BK_BODY(limit);
	bk_body_sink_init(&coming->into, &coming->body);
	return coming;
}

void bk_body_coming_free(struct bk_body_coming *coming)
{
	bk_body_clear(&coming->body);
	free(coming);
}

int bk_body_copy(const struct bk_body *body, struct bk_sink *to,
		 struct bk_err *err)
{
	if (body->spool >= 0)
		return copy_spool(body->spool, to, err);
	return body->bytes.len
		       ? to->write(to, body->bytes.data, body->bytes.len, err)
		       : 0;
}

int bk_body_map(struct bk_body_bytes *out, const struct bk_body *body,
		struct bk_err *err)
{
	struct stat st;

	*out = (struct bk_body_bytes){.view = bk_buf_view(&body->bytes)};
	if (body->spool < 0)
		return 0;
	if (fstat(body->spool, &st) < 0)
		return bk_fail_errno(err, "spool file");
	size_t len = (size_t)st.st_size;
	void *at = mmap(NULL, len, PROT_READ, MAP_SHARED, body->spool, 0);
	if (at == MAP_FAILED)
		return bk_fail_errno(err, "spool file");
	(void)madvise(at, len, MADV_SEQUENTIAL);
	*out = (struct bk_body_bytes){
		{at, len},
                at
        };
	return 0;
}

void bk_body_unmap(struct bk_body_bytes *bytes)
{
	if (bytes->mapped)
		(void)munmap(bytes->mapped, bytes->view.len);
	*bytes = (struct bk_body_bytes){0};
}
