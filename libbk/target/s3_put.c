/* Puts to S3: see s3_put.h. */

#include "target/s3_put.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "target/s3_xml.h"

#define PARTS_MAX 10000 /* S3's own limit */
#define ETAG_MAX  200

struct s3_put {
	struct bk_put put;
	char *name, *key;
	uint64_t expected; /* bytes, or BK_LENGTH_UNKNOWN */
	uint64_t written;
	struct bk_buf part; /* gathered, not yet sent */
	char *upload;       /* NULL: not begun */
	unsigned parts;     /* sent */
	struct bk_buf list; /* of them, as CompleteMultipartUpload wants it */
};

static struct s3_put *put_of(struct bk_put *put)
{
	return (struct s3_put *)put;
}

static struct bk_s3 *s3_of(const struct s3_put *put)
{
	return (struct bk_s3 *)put->put.target;
}

static int put_failed(const struct s3_put *put, struct bk_err *err)
{
	return bk_context(err, "%s/%s", put->put.target->where, put->name);
}

static void put_free(struct s3_put *put)
{
	bk_buf_clear(&put->part);
	bk_buf_clear(&put->list);
	free(put->upload);
	free(put->name);
	free(put->key);
	free(put);
}

int bk_s3_put_begin(struct bk_target *target, const char *name, uint64_t length,
		    struct bk_put **out, struct bk_err *err)
{
	struct s3_put *put = bk_alloc(sizeof(*put));

	(void)err; /* nothing is asked before there is something to send */
	put->put.target = target;
	put->name = bk_strdup(name);
	put->key = bk_s3_key((struct bk_s3 *)target, name);
	put->expected = length;
	if (length != BK_LENGTH_UNKNOWN)
		(void)bk_buf_room(&put->part, length < s3_of(put)->part_size
						      ? (size_t)length
						      : s3_of(put)->part_size);
	*out = &put->put;
	return 0;
}

/* ---- what answers say ---- */

/* The text of one element. */
struct wanted {
	const char *path;
	char *text;
	struct bk_s3_complaint complaint;
};

static int take_wanted(void *arg, const char *path, const char *text,
		       struct bk_err *err)
{
	struct wanted *wanted = arg;

	(void)err;
	bk_s3_complaint_take(&wanted->complaint, path, text);
	if (strcmp(path, wanted->path) == 0 && !wanted->text)
		wanted->text = bk_strdup(text);
	return 0;
}

/* Asks, and finds the text at `path` in the answer; it is the caller's.  A
 * refusal may come under a status of success. */
static int ask_for(const struct bk_s3 *s3, struct bk_s3_question *question,
		   const char *path, char **out, struct bk_err *err)
{
	struct wanted wanted = {.path = path};
	struct bk_s3_xml xml;

	bk_s3_xml_init(&xml, take_wanted, &wanted);
	int rc = bk_s3_ask_once(s3, question, &xml.sink, err);
	if (rc == 0)
		rc = bk_s3_xml_end(&xml, err);
	bk_s3_xml_clear(&xml);
	if (rc == 0 && *wanted.complaint.code) {
		bk_fail(err, BK_FAILED, "HTTP 200");
		rc = bk_s3_complain(&wanted.complaint, 0, err);
	} else if (rc == 0 && !wanted.text) {
		rc = bk_fail(err, BK_FAILED,
			     "the server's answer lacks %s; is it an S3 "
			     "server?",
			     path);
	}
	if (rc == 0)
		*out = wanted.text;
	else
		free(wanted.text);
	return rc;
}

/* Without quotes; false for what is none. */
static bool read_etag(const struct bk_line *line, char out[ETAG_MAX])
{
	const char *text = bk_line_header(line, "ETag");
	size_t n = 0;

	for (; text && *text; text++) {
		if (*text == '"')
			continue;
		if (*text <= ' ' || *text > '~' || strchr("<>&", *text) ||
		    n + 1 == ETAG_MAX)
			return false;
		out[n++] = *text;
	}
	out[n] = 0;
	return n > 0;
}

/* An ETag in the form of an MD5 is one, unless the server encrypts what it
 * keeps: then it says so. */
static bool is_sum(const struct bk_line *line, const char *etag)
{
	return strlen(etag) == (size_t)2 * BK_MD5_LEN &&
	       strspn(etag, "0123456789abcdef") == (size_t)2 * BK_MD5_LEN &&
	       !bk_line_header(line, "x-amz-server-side-encryption") &&
	       !bk_line_header(
		       line, "x-amz-server-side-encryption-customer-algorithm");
}

static int check_etag(struct bk_s3 *s3, const struct bk_line *line,
		      const uint8_t sum[BK_MD5_LEN], char etag[ETAG_MAX],
		      struct bk_err *err)
{
	char hex[2 * BK_MD5_LEN + 1];

	if (!read_etag(line, etag))
		return bk_fail(err, BK_FAILED,
			       "the answer has no ETag; is it an S3 server?");
	if (!is_sum(line, etag)) {
		atomic_store(&s3->unproved, true);
		return 0;
	}
	for (size_t i = 0; i < BK_MD5_LEN; i++)
		(void)snprintf(hex + 2 * i, 3, "%02x", sum[i]);
	if (strcmp(etag, hex) == 0)
		return 0;
	return bk_fail(err, BK_LOST,
		       "the server has other bytes than were sent (its ETag is "
		       "%s, not %s)",
		       etag, hex);
}

/* Sends what was gathered: the whole blob, or a part of it. */
static int send_body(struct s3_put *put, struct bk_s3_question *question,
		     char etag[ETAG_MAX], struct bk_err *err)
{
	struct bk_line *line = bk_link_take(s3_of(put)->link);

	question->method = "PUT";
	question->key = put->key;
	question->sends = true;
	question->body = bk_buf_view(&put->part);
	int rc = bk_s3_ask(s3_of(put), line, question, NULL, err);
	if (rc == 0)
		rc = check_etag(s3_of(put), line, question->md5, etag, err);
	bk_link_give(line);
	return rc;
}

/* ---- in parts ---- */

static int begin_upload(struct s3_put *put, struct bk_err *err)
{
	struct bk_s3_question question = {
		.method = "POST",
		.key = put->key,
		.sends = true,
	};

	bk_s3_fields_add(&question.query, "uploads", "");
	return ask_for(s3_of(put), &question,
		       "InitiateMultipartUploadResult/UploadId", &put->upload,
		       err);
}

static int send_part(struct s3_put *put, struct bk_err *err)
{
	struct bk_s3_question question = {0};
	char number[16], etag[ETAG_MAX];

	if (!put->upload && begin_upload(put, err) < 0)
		return -1;
	if (put->parts == PARTS_MAX)
		return bk_fail(
			err, BK_REFUSED,
			"it is too large: S3 takes no more than %d parts",
			PARTS_MAX);
	(void)snprintf(number, sizeof(number), "%u", ++put->parts);
	bk_s3_fields_add(&question.query, "partNumber", number);
	bk_s3_fields_add(&question.query, "uploadId", put->upload);
	if (send_body(put, &question, etag, err) < 0)
		return -1;
	bk_buf_printf(&put->list,
		      "<Part><PartNumber>%s</PartNumber>"
		      "<ETag>\"%s\"</ETag></Part>",
		      number, etag);
	put->part.len = 0;
	return 0;
}

/* Does the object have all bytes, whatever the answer said? */
static int check_size(struct s3_put *put, struct bk_err *err)
{
	uint64_t size = 0;

	if (bk_s3_size(s3_of(put), put->key, &size, err) < 0)
		return -1;
	if (size == put->written)
		return 0;
	return bk_fail(err, BK_LOST,
		       "the server made an object of %ju bytes, not of %ju",
		       (uintmax_t)size, (uintmax_t)put->written);
}

static int end_upload(struct s3_put *put, struct bk_err *err)
{
	struct bk_s3_question question = {
		.method = "POST",
		.key = put->key,
		.sends = true,
	};
	struct bk_buf body = {0};
	char *etag = NULL;

	bk_buf_printf(&body,
		      "<CompleteMultipartUpload xmlns=\"http://"
		      "s3.amazonaws.com/doc/2006-03-01/\">");
	bk_buf_add(&body, put->list.data, put->list.len);
	bk_buf_printf(&body, "</CompleteMultipartUpload>");
	question.body = bk_buf_view(&body);
	bk_s3_fields_add(&question.query, "uploadId", put->upload);
	int rc = ask_for(s3_of(put), &question,
			 "CompleteMultipartUploadResult/ETag", &etag, err);
	bk_buf_clear(&body);
	free(etag);
	return rc < 0 ? -1 : check_size(put, err);
}

void bk_s3_upload_abort(const struct bk_s3 *s3, const char *key,
			const char *upload)
{
	struct bk_s3_question question = {
		.method = "DELETE",
		.key = key,
	};
	struct bk_line *line = bk_link_take(s3->link);
	struct bk_err ignored = {0};

	bk_line_tidy(line);
	bk_s3_fields_add(&question.query, "uploadId", upload);
	(void)bk_s3_ask(s3, line, &question, NULL, &ignored);
	bk_link_give(line);
}

/* ---- the ops ---- */

static int too_many(const struct s3_put *put, struct bk_err *err)
{
	return bk_fail(err, BK_MISUSE, "%ju bytes written, not %ju",
		       (uintmax_t)put->written, (uintmax_t)put->expected);
}

/* A full part waits until more comes: the last one ends the upload. */
int bk_s3_put_write(struct bk_put *base, const void *data, size_t len,
		    struct bk_err *err)
{
	struct s3_put *put = put_of(base);
	size_t part_size = s3_of(put)->part_size;
	const uint8_t *from = data;

	put->written += len;
	if (put->expected != BK_LENGTH_UNKNOWN &&
	    put->written > put->expected) {
		too_many(put, err);
		return put_failed(put, err);
	}
	while (len) {
		if (put->part.len == part_size && send_part(put, err) < 0)
			return put_failed(put, err);
		size_t n = part_size - put->part.len;
		n = n < len ? n : len;
		bk_buf_add(&put->part, from, n);
		from += n;
		len -= n;
	}
	return 0;
}

static int commit(struct s3_put *put, struct bk_err *err)
{
	struct bk_s3_question question = {0};
	char etag[ETAG_MAX];

	if (put->expected != BK_LENGTH_UNKNOWN && put->expected != put->written)
		return too_many(put, err);
	if (!put->upload)
		return send_body(put, &question, etag, err);
	if (put->part.len && send_part(put, err) < 0)
		return -1;
	return end_upload(put, err);
}

int bk_s3_put_commit(struct bk_put *base, struct bk_err *err)
{
	struct s3_put *put = put_of(base);

	if (commit(put, err) < 0) {
		put_failed(put, err);
		bk_s3_put_abort(base);
		return -1;
	}
	put_free(put);
	return 0;
}

void bk_s3_put_abort(struct bk_put *base)
{
	struct s3_put *put = put_of(base);

	if (put->upload)
		bk_s3_upload_abort(s3_of(put), put->key, put->upload);
	put_free(put);
}
