/* S3 as a target: see s3.h. */

#include "target/s3.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "net/http.h"
#include "net/link.h"
#include "target/s3_ask.h"
#include "target/s3_list.h"
#include "target/s3_put.h"

#define REGION "us-east-1"

static struct bk_s3 *s3_of(struct bk_target *target)
{
	return (struct bk_s3 *)target;
}

static int s3_failed(const struct bk_target *target, const char *name,
		     struct bk_err *err)
{
	return bk_context(err, "%s%s%s", target->where, *name ? "/" : "", name);
}

static void s3_close(struct bk_target *target)
{
	struct bk_s3 *s3 = s3_of(target);

	bk_link_close(s3->link);
	free(s3->bucket);
	free(s3->prefix);
	free(s3->origin);
	free(s3->host);
	free(s3);
}

/* ---- reading ---- */

/* No bytes: but are they there? */
static int get_nothing(const struct bk_s3 *s3, const char *key, uint64_t offset,
		       struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_s3_size(s3, key, &size, err) < 0)
		return -1;
	if (offset <= size)
		return 0;
	return bk_fail(err, BK_CORRUPT, "it ends after %ju bytes",
		       (uintmax_t)size);
}

/* The answer to a GET.  Of what broke off, the error is not in it. */
static int end_get(struct bk_line *line, struct bk_s3_question *question,
		   int rc, struct bk_err *err)
{
	if (rc < 0 && bk_line_status(line) >= 300 && err->kind != BK_CANCELLED)
		rc = bk_s3_explain(line, &question->complaint, err);
	bk_link_give(line);
	return rc;
}

static int get_range(const struct bk_s3 *s3, const char *key, uint64_t offset,
		     uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	struct bk_s3_question question = {.method = "GET", .key = key};
	struct bk_line *line = bk_link_take(s3->link);

	bk_s3_ready(s3, line, &question);
	return end_get(line, &question, bk_http_get(line, offset, len, to, err),
		       err);
}

static int s3_get(struct bk_target *target, const char *name, uint64_t offset,
		  uint64_t len, struct bk_sink *to, struct bk_err *err)
{
	const struct bk_s3 *s3 = s3_of(target);
	char *key = bk_s3_key(s3, name);
	int rc = len ? get_range(s3, key, offset, len, to, err)
		     : get_nothing(s3, key, offset, err);

	free(key);
	return rc < 0 ? s3_failed(target, name, err) : 0;
}

static int s3_peek(struct bk_target *target, const char *name, uint64_t most,
		   struct bk_buf *into, uint64_t *size, struct bk_err *err)
{
	const struct bk_s3 *s3 = s3_of(target);
	char *key = bk_s3_key(s3, name);
	struct bk_s3_question question = {.method = "GET", .key = key};
	struct bk_line *line = bk_link_take(s3->link);
	struct bk_buf_sink to;

	bk_buf_sink_init(&to, into, (size_t)most);
	bk_s3_ready(s3, line, &question);
	int rc = end_get(line, &question,
			 bk_http_peek(line, most, &to.sink, size, err), err);
	free(key);
	return rc < 0 ? s3_failed(target, name, err) : 0;
}

static int s3_list(struct bk_target *target, const char *folder,
		   struct bk_blob_list *out, struct bk_err *err)
{
	if (bk_s3_list(s3_of(target), folder, out, err) < 0)
		return s3_failed(target, folder, err);
	return 0;
}

static int s3_stat(struct bk_target *target, const char *name, uint64_t *size,
		   struct bk_err *err)
{
	const struct bk_s3 *s3 = s3_of(target);
	char *key = bk_s3_key(s3, name);
	int rc = bk_s3_size(s3, key, size, err);

	free(key);
	return rc < 0 ? s3_failed(target, name, err) : 0;
}

/* ---- removing ---- */

static int remove_key(const struct bk_s3 *s3, const char *key,
		      struct bk_err *err)
{
	struct bk_s3_question question = {.method = "DELETE", .key = key};
	uint64_t size;

	/* S3 takes the removal of what is not there for a success. */
	if (bk_s3_size(s3, key, &size, err) < 0)
		return -1;
	return bk_s3_ask_once(s3, &question, NULL, err);
}

static int s3_remove(struct bk_target *target, const char *name,
		     struct bk_err *err)
{
	const struct bk_s3 *s3 = s3_of(target);
	char *key = bk_s3_key(s3, name);
	int rc = remove_key(s3, key, err);

	free(key);
	return rc < 0 ? s3_failed(target, name, err) : 0;
}

static int s3_sweep(struct bk_target *target, int64_t older_s,
		    bool (*ours)(const char *name), struct bk_err *err)
{
	if (bk_s3_sweep(s3_of(target), older_s, ours, err) < 0)
		return s3_failed(target, "", err);
	return 0;
}

static bool s3_proves_puts(const struct bk_target *target)
{
	return !atomic_load(&((const struct bk_s3 *)target)->unproved);
}

static const struct bk_target_ops s3_ops = {
	.scheme = "s3",
	.close = s3_close,
	.put_begin = bk_s3_put_begin,
	.put_write = bk_s3_put_write,
	.put_commit = bk_s3_put_commit,
	.put_abort = bk_s3_put_abort,
	.get = s3_get,
	.list = s3_list,
	.stat = s3_stat,
	.remove = s3_remove,
	.sweep = s3_sweep,
	.proves_puts = s3_proves_puts,
	.peek = s3_peek,
	.unknown_length = true,
};

/* ---- opening ---- */

static int make_bucket(const struct bk_s3 *s3, struct bk_err *err)
{
	struct bk_s3_question question = {.method = "PUT", .sends = true};
	struct bk_buf body = {0};

	/* The first of all regions is the one that has no name here. */
	if (strcmp(s3->keys.region, REGION) != 0)
		bk_buf_printf(&body,
			      "<CreateBucketConfiguration xmlns=\"http://"
			      "s3.amazonaws.com/doc/2006-03-01/\">"
			      "<LocationConstraint>%s</LocationConstraint>"
			      "</CreateBucketConfiguration>",
			      s3->keys.region);
	question.body = bk_buf_view(&body);
	int rc = bk_s3_ask_once(s3, &question, NULL, err);
	bk_buf_clear(&body);
	/* Somebody else was as quick. */
	if (rc < 0 && err->kind == BK_EXISTS) {
		*err = (struct bk_err){0};
		return 0;
	}
	if (rc < 0)
		return bk_context(err,
				  "bucket %s is not there and cannot be made; "
				  "make it at the provider, or write another "
				  "name",
				  s3->bucket);
	return 0;
}

static int look_or_make(const struct bk_s3 *s3, bool create, struct bk_err *err)
{
	struct bk_s3_complaint complaint = {0};
	struct bk_err why = {0};

	if (bk_s3_look(s3, &complaint, &why) == 0)
		return 0;
	if (strcmp(complaint.code, "NoSuchBucket") != 0) {
		*err = why;
		return -1;
	}
	return create ? make_bucket(s3, err)
		      : bk_fail(err, BK_GONE, "bucket %s is not there",
				s3->bucket);
}

static int check_url(const struct bk_url *url, const struct bk_access *access,
		     struct bk_err *err)
{
	if (!url->user || !*url->user)
		return bk_fail(err, BK_MISUSE,
			       "which access key? s3:https://KEY-ID@%s/...",
			       url->host);
	if (!*url->path)
		return bk_fail(err, BK_MISUSE,
			       "which bucket? s3:https://KEY-ID@%s/BUCKET",
			       url->host);
	if (!access->password)
		return bk_fail(err, BK_MISUSE,
			       "the secret key is missing; write password = "
			       "file:PATH");
	return 0;
}

/* "/bucket/prefix" of the URL. */
static void set_place(struct bk_s3 *s3, const char *path)
{
	size_t n = strcspn(path + 1, "/");
	const char *prefix = path + 1 + n;

	s3->bucket = bk_strndup(path + 1, n);
	s3->prefix = *prefix ? bk_asprintf("%s/", prefix + 1) : bk_strdup("");
}

static void set_address(struct bk_s3 *s3, const struct bk_url *url)
{
	uint16_t usual = strcmp(url->transport, "https") == 0 ? 443 : 80;
	struct bk_url at = *url;
	struct bk_buf origin = {0};

	at.host = s3->virtual_host ? bk_asprintf("%s.%s", s3->bucket, url->host)
				   : bk_strdup(url->host);
	/* The Host header leaves the usual port out, and is what is signed. */
	if (at.port == usual)
		at.port = 0;
	bk_url_origin(&origin, &at, url->transport);
	s3->origin = bk_strdup(bk_buf_text(&origin));
	s3->host = bk_strdup(strstr(s3->origin, "://") + 3);
	bk_buf_clear(&origin);
	free(at.host);
}

int bk_s3_open(struct bk_target **out, const struct bk_url *url,
	       const struct bk_access *access, bool create, struct bk_err *err)
{
	struct bk_link *link = NULL;

	if (check_url(url, access, err) < 0)
		return bk_context(err, "%s", url->text);
	if (bk_link_open(&link, url, access, err) < 0)
		return -1;
	struct bk_s3 *s3 = bk_alloc(sizeof(*s3));
	s3->target = (struct bk_target){&s3_ops, url->text};
	s3->link = link;
	s3->virtual_host = access->virtual_host;
	s3->part_size = BK_S3_PART;
	s3->keys = (struct bk_s3_keys){
		.id = url->user,
		.secret = bk_link_password(link),
		.region = access->region ? access->region : REGION,
	};
	set_place(s3, url->path);
	set_address(s3, url);
	if (look_or_make(s3, create, err) < 0) {
		s3_close(&s3->target);
		return bk_context(err, "%s", url->text);
	}
	*out = &s3->target;
	return 0;
}

void bk_s3_part_size(struct bk_target *target, size_t bytes)
{
	s3_of(target)->part_size = bytes;
}
