/* Asking S3: see s3_ask.h. */

#include "target/s3_ask.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "net/http.h"

#define MD5_TEXT 25 /* in base64, with the NUL */

char *bk_s3_key(const struct bk_s3 *s3, const char *name)
{
	return bk_asprintf("%s%s", s3->prefix, name);
}

static void encode_md5(char out[MD5_TEXT], const uint8_t md5[BK_MD5_LEN])
{
	static const char digits[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZ"
		"abcdefghijklmnopqrstuvwxyz0123456789+/";
	uint8_t sum[BK_MD5_LEN + 2] = {0};

	memcpy(sum, md5, BK_MD5_LEN);
	for (size_t i = 0; i < BK_MD5_LEN + 2; i += 3) {
		unsigned bits = (unsigned)sum[i] << 16 |
				(unsigned)sum[i + 1] << 8 | sum[i + 2];
		for (int shift = 18; shift >= 0; shift -= 6)
			*out++ = digits[bits >> shift & 63];
	}
	memcpy(out - 2, "==", 3);
}

static void add_header(struct bk_line *line, const char *name,
		       const char *value)
{
	char *text = bk_asprintf("%s: %s", name, value);

	bk_line_add_header(line, text);
	free(text);
}

/* What is signed is what is sent. */
static void send_headers(const struct bk_s3 *s3, struct bk_line *line,
			 const struct bk_s3_request *request)
{
	struct bk_buf signature = {0};

	for (size_t i = 0; i < request->headers.n; i++)
		add_header(line, request->headers.items[i].name,
			   request->headers.items[i].value);
	bk_s3_sign(&signature, request, &s3->keys);
	add_header(line, "Authorization", bk_buf_text(&signature));
	bk_buf_clear(&signature);
}

/*
 * The body is proved by its MD5, which is signed: the server compares it
 * (Content-MD5), buckets with object lock insist on it, and it is what the
 * answer's ETag says.  A SHA-256 besides would prove the same to the same and
 * takes more time than all the rest of a put.
 */
static void sign(const struct bk_s3 *s3, struct bk_line *line,
		 struct bk_s3_question *question, const char *path)
{
	struct bk_s3_request request = {
		.method = question->method,
		.path = path,
		.query = question->query,
		.payload = question->sends ? BK_S3_UNSIGNED : BK_S3_NO_BODY,
		.now = bk_clock_now(),
	};
	const char *token = bk_link_token(s3->link);
	char date[BK_S3_DATE_LEN], md5[MD5_TEXT];

	bk_s3_fields_add(&request.headers, "host", s3->host);
	bk_s3_fields_add(&request.headers, "x-amz-content-sha256",
			 request.payload);
	bk_s3_fields_add(&request.headers, "x-amz-date",
			 bk_s3_date(date, request.now));
	if (*token)
		bk_s3_fields_add(&request.headers, "x-amz-security-token",
				 token);
	if (question->sends) {
		bk_md5_of(question->body.data, question->body.len,
			  question->md5);
		encode_md5(md5, question->md5);
		bk_s3_fields_add(&request.headers, "content-md5", md5);
	}
	send_headers(s3, line, &request);
}

void bk_s3_ready(const struct bk_s3 *s3, struct bk_line *line,
		 struct bk_s3_question *question)
{
	struct bk_buf path = {0}, url = {0};

	if (!s3->virtual_host)
		bk_buf_printf(&path, "/%s", s3->bucket);
	if (question->key) {
		bk_buf_printf(&path, "/");
		bk_url_escape(&path, question->key);
	}
	if (path.len == 0)
		bk_buf_printf(&path, "/");
	bk_buf_printf(&url, "%s%s", s3->origin, bk_buf_text(&path));
	if (question->query.n)
		bk_buf_printf(&url, "?");
	bk_s3_query(&url, &question->query);
	bk_line_to_url(line, bk_buf_text(&url));
	(void)curl_easy_setopt(line->easy, CURLOPT_CUSTOMREQUEST,
			       question->method);
	sign(s3, line, question, bk_buf_text(&path));
	bk_buf_clear(&path);
	bk_buf_clear(&url);
}

int bk_s3_explain(const struct bk_line *line, struct bk_s3_complaint *complaint,
		  struct bk_err *err)
{
	int64_t theirs = bk_http_date(bk_line_header(line, "Date"));
	const char *region = bk_line_header(line, "x-amz-bucket-region");

	bk_s3_complaint_read(complaint, bk_buf_view(&line->complaint));
	if (region && bk_line_status(line) / 100 == 3)
		bk_s3_complaint_place(complaint, region);
	return bk_s3_complain(complaint, theirs ? bk_clock_now() - theirs : 0,
			      err);
}

/* Keeps pages for people away from what reads XML. */
struct gate {
	struct bk_sink sink;
	const struct bk_line *line;
	struct bk_sink *to;
};

static int pass(struct bk_sink *sink, const void *data, size_t len,
		struct bk_err *err)
{
	const struct gate *gate = (const struct gate *)sink;

	if (bk_http_is_page(gate->line))
		return bk_http_fail_page(err);
	return gate->to ? gate->to->write(gate->to, data, len, err) : 0;
}

static int run(struct bk_line *line, const struct bk_s3_question *question,
	       struct bk_sink *to, struct bk_err *err)
{
	struct bk_view body = question->body;

	bk_line_into(line, to);
	if (!question->sends)
		return bk_line_run(line, err);
	if (bk_line_send_begin(line, body.len, err) < 0 ||
	    bk_line_send(line, body.data, body.len, err) < 0)
		return -1;
	return bk_line_send_end(line, err);
}

int bk_s3_ask(const struct bk_s3 *s3, struct bk_line *line,
	      struct bk_s3_question *question, struct bk_sink *to,
	      struct bk_err *err)
{
	struct gate gate = {.sink.write = pass, .line = line, .to = to};

	bk_s3_ready(s3, line, question);
	if (run(line, question, &gate.sink, err) < 0)
		return -1;
	if (bk_line_status(line) / 100 == 2)
		return bk_http_is_page(line) ? bk_http_fail_page(err) : 0;
	bk_http_fail(line, err);
	return bk_s3_explain(line, &question->complaint, err);
}

int bk_s3_ask_once(const struct bk_s3 *s3, struct bk_s3_question *question,
		   struct bk_sink *to, struct bk_err *err)
{
	struct bk_line *line = bk_link_take(s3->link);
	int rc = bk_s3_ask(s3, line, question, to, err);

	bk_link_give(line);
	return rc;
}

/* An answer to HEAD has no body that could tell why: the first byte is asked
 * for instead. */
static int ask_why(const struct bk_s3 *s3, struct bk_line *line,
		   const char *key, struct bk_err *err)
{
	struct bk_s3_question why = {.method = "GET", .key = key};
	struct bk_err other = {0};

	bk_s3_ready(s3, line, &why);
	(void)curl_easy_setopt(line->easy, CURLOPT_RANGE, "0-0");
	if (bk_line_run(line, &other) == 0 && bk_line_status(line) / 100 != 2)
		return bk_s3_explain(line, &why.complaint, err);
	return -1;
}

int bk_s3_size(const struct bk_s3 *s3, const char *key, uint64_t *size,
	       struct bk_err *err)
{
	struct bk_s3_question head = {.method = "HEAD", .key = key};
	struct bk_line *line = bk_link_take(s3->link);

	bk_s3_ready(s3, line, &head);
	int rc = bk_http_size(line, size, err);
	long status = bk_line_status(line);
	if (rc < 0 && status >= 300 && err->kind != BK_GONE)
		rc = ask_why(s3, line, key, err);
	else if (rc == 0 && !bk_line_header(line, "ETag"))
		rc = bk_fail(err, BK_FAILED,
			     "the answer has no ETag; is it an S3 server?");
	bk_link_give(line);
	return rc;
}
