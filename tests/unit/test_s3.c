/* The S3 driver and servers that lie, refuse or break: whatever they answer,
 * it is never taken for a success that it is not. */

#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/answers.h"
#include "target/s3.h"

#define EMPTY                                                                  \
	"<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>"
#define ETAG "ETag: \"900150983cd24fb0d6963f7d28e17f72\"\r\n" /* of "abc" */

static struct bk_target *target;
static struct bk_access access_;
static struct bk_url url;
static struct bk_err err;

/* To a HEAD. */
static void say_size(int size)
{
	answers.steps[answers.planned++].answer = bk_asprintf(
		"HTTP/1.1 200 X\r\n" ETAG "Content-Length: %d\r\n\r\n", size);
}

static int start(void **state)
{
	char text[80];

	(void)state;
	err = (struct bk_err){0};
	answers_start();
	(void)setenv("BK_TEST_SECRET", "swordfish", 1);
	(void)setenv("BK_TEST_TOKEN", "to/ken+", 1);
	access_ = (struct bk_access){
		.password = "env:BK_TEST_SECRET",
		.allow_cleartext = true,
		.timeout_s = 2,
	};
	(void)snprintf(text, sizeof(text), "s3:http://ID@127.0.0.1:%u/b/mx 1",
		       (unsigned)answers.server.port);
	assert_int_equal(bk_url_parse(&url, text, &err), 0);
	answers_say(200, "", EMPTY);
	assert_int_equal(bk_s3_open(&target, &url, &access_, false, &err), 0);
	answers_forget();
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_target_close(target);
	target = NULL;
	bk_url_clear(&url);
	answers_stop();
	return 0;
}

/* All that was planned was asked for, and it failed so. */
static void assert_failed(int rc, enum bk_kind kind, const char *words)
{
	assert_int_equal(rc, -1);
	if (err.kind != kind || !strstr(err.text, words))
		fail_msg("kind %d: %s", (int)err.kind, err.text);
	assert_non_null(strstr(err.text, "s3:http://ID@127.0.0.1"));
	assert_null(strstr(err.text, "swordfish"));
	assert_int_equal(answers.served, answers.planned);
	err = (struct bk_err){0};
}

static void assert_asked(unsigned step, const char *words)
{
	if (!strstr(answers.steps[step].asked, words))
		fail_msg("step %u: %s", step, answers.steps[step].asked);
}

static int put(const char *text)
{
	struct bk_view bytes = {(const uint8_t *)text, strlen(text)};

	return bk_target_put(target, "keys/1.bkk", bytes, &err);
}

static int list(struct bk_blob_list *out)
{
	return bk_target_list(target, "data", out, &err);
}

#define REFUSAL(code)                                                          \
	"<Error><Code>" code "</Code><Message>No.</Message></Error>"
#define PAGE(inner) "<ListBucketResult>" inner "</ListBucketResult>"
#define OBJECT(key) "<Contents><Key>" key "</Key><Size>3</Size></Contents>"

static void assert_list_fails(enum bk_kind kind, const char *words)
{
	struct bk_blob_list found = {0};

	assert_failed(list(&found), kind, words);
	assert_int_equal(found.n, 0);
	bk_blob_list_clear(&found);
}

static void a_listing_goes_on_to_its_last_page(void **state)
{
	struct bk_blob_list found = {0};

	(void)state;
	answers_say(
		200, "",
		PAGE("<IsTruncated>true</IsTruncated>"
		     "<NextContinuationToken>a+/=</NextContinuationToken>" OBJECT(
			     "mx 1/data/b.bkp") OBJECT("mx 1/data/")));
	answers_say(200, "",
		    PAGE("<IsTruncated>false</IsTruncated>" OBJECT(
			    "mx 1/data/a.bkp") OBJECT("mx 1/data/x/y/too-deep")
				 OBJECT("mx 1/data/.hidden")));
	if (list(&found) < 0)
		fail_msg("%s", err.text);
	assert_int_equal(found.n, 2);
	assert_string_equal(found.items[0].name, "data/a.bkp");
	assert_string_equal(found.items[1].name, "data/b.bkp");
	assert_asked(0,
		     "GET /b?encoding-type=url&list-type=2&max-keys=1000&"
		     "prefix=mx%201%2Fdata%2F HTTP/1.1\r\n");
	assert_asked(1, "/b?continuation-token=a%2B%2F%3D&encoding-type=url&");
	bk_blob_list_clear(&found);
}

static void a_listing_that_is_cut_or_lies_is_no_short_one(void **state)
{
	(void)state;
	answers_say(200, "",
		    "<ListBucketResult><IsTruncated>false</IsTruncated>");
	assert_list_fails(BK_CORRUPT, "no XML or only a part");
	answers_say(200, "", PAGE("<IsTruncated>true</IsTruncated>"));
	assert_list_fails(BK_CORRUPT, "how it goes on");
	answers_say(200, "", "");
	assert_list_fails(BK_CORRUPT, "no XML");
	answers_say(200, "",
		    PAGE("<IsTruncated>false</IsTruncated>" OBJECT("mx 2/x")));
	assert_list_fails(BK_CORRUPT, "what was not asked for");
	answers_say(200, "Content-Type: text/html\r\n",
		    "<html>Please log in</html>");
	assert_list_fails(BK_DENIED, "a web page");
	answers_say(404, "", REFUSAL("NoSuchBucket"));
	assert_list_fails(BK_DENIED, "is the bucket's name right");
	answers_say(404, "", "");
	assert_list_fails(BK_FAILED, "is it an S3 server");
	answers.planned +=
		2; /* it hangs up; libcurl tries a kept connection again */
	assert_list_fails(BK_LOST, "");
}

static void a_listing_in_a_circle_ends(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++)
		answers_say(
			200, "",
			PAGE("<IsTruncated>true</IsTruncated>"
			     "<NextContinuationToken>a</NextContinuationToken>"));
	assert_list_fails(BK_CORRUPT, "circle");
}

static void a_server_that_is_busy_says_how_long(void **state)
{
	struct bk_blob_list found = {0};

	(void)state;
	answers_say(503, "Retry-After: 17\r\n", REFUSAL("SlowDown"));
	assert_int_equal(list(&found), -1);
	assert_int_equal(err.retry_after_s, 17);
	assert_failed(-1, BK_BUSY, "SlowDown");
	answers_say(500, "", REFUSAL("InternalError"));
	assert_list_fails(BK_BUSY, "InternalError");
	answers_say(400, "", REFUSAL("RequestTimeout"));
	assert_list_fails(BK_LOST, "RequestTimeout");
	answers_say(502, "", "<html>");
	assert_list_fails(BK_LOST, "502");
}

static void a_head_that_is_refused_is_asked_why(void **state)
{
	uint64_t size;

	(void)state;
	answers_say(403, "", "");
	answers_say(403, "", REFUSAL("SignatureDoesNotMatch"));
	assert_failed(bk_target_stat(target, "bkrepo", &size, &err), BK_DENIED,
		      "is the secret key right");
	assert_asked(0, "HEAD /b/mx%201/bkrepo HTTP/1.1\r\n");
	assert_asked(1, "GET /b/mx%201/bkrepo HTTP/1.1\r\n");
}

static void a_bucket_elsewhere_is_told_with_its_region(void **state)
{
	struct bk_buf bytes = {0};

	(void)state;
	answers_say(
		301,
		"x-amz-bucket-region: eu-west-3\r\nLocation: http://evil/\r\n",
		"");
	assert_failed(bk_target_read(target, "bkrepo", 0, 3, &bytes, &err),
		      BK_DENIED, "write region = eu-west-3");
	answers_say(302, "Location: http://evil/\r\n", "");
	assert_failed(bk_target_read(target, "bkrepo", 0, 3, &bytes, &err),
		      BK_DENIED, "redirect to http://evil/");
	bk_buf_clear(&bytes);
}

static void other_bytes_than_were_asked_for_are_refused(void **state)
{
	struct bk_buf bytes = {0};

	(void)state;
	answers_say(206, ETAG "Content-Range: bytes 0-2/9\r\n", "abc");
	assert_failed(bk_target_read(target, "bkrepo", 3, 3, &bytes, &err),
		      BK_CORRUPT, "other bytes");
	answers_say(416, "", REFUSAL("InvalidRange"));
	assert_failed(bk_target_read(target, "bkrepo", 3, 3, &bytes, &err),
		      BK_CORRUPT, "InvalidRange");
	answers_say(200, "Content-Type: text/html\r\n",
		    "<html>Please log in</html>");
	assert_failed(bk_target_read(target, "bkrepo", 3, 3, &bytes, &err),
		      BK_DENIED, "a web page");
	answers_say(404, "", REFUSAL("NoSuchKey"));
	assert_failed(bk_target_read(target, "bkrepo", 3, 3, &bytes, &err),
		      BK_GONE, "NoSuchKey");
	answers_say(200, ETAG, "abcdefgh");
	assert_int_equal(bk_target_read(target, "bkrepo", 3, 3, &bytes, &err),
			 0);
	assert_string_equal(bk_buf_text(&bytes), "def");
	bk_buf_clear(&bytes);
}

/* ---- putting ---- */

static void a_put_is_signed_and_proved_by_its_sum(void **state)
{
	(void)state;
	answers_say(200, ETAG, "");
	if (put("abc") < 0)
		fail_msg("%s", err.text);
	assert_asked(0, "PUT /b/mx%201/keys/1.bkk HTTP/1.1\r\n");
	assert_asked(0, "content-md5: kAFQmDzST7DWlj99KOF/cg==\r\n");
	assert_asked(0, "x-amz-content-sha256: UNSIGNED-PAYLOAD\r\n");
	assert_asked(0,
		     "SignedHeaders=content-md5;host;x-amz-content-sha256;"
		     "x-amz-date,");
	assert_null(strstr(answers.steps[0].asked, "Expect"));
}

static void an_etag_that_is_wrong_or_missing_is_no_success(void **state)
{
	(void)state;
	answers_say(200, ETAG, "");
	assert_failed(put("abd"), BK_LOST, "other bytes than were sent");
	answers_say(200, "", "");
	assert_failed(put("abc"), BK_FAILED, "no ETag");
	answers_say(200, "ETag: \"a<b\"\r\n", "");
	assert_failed(put("abc"), BK_FAILED, "no ETag");
	/* What is encrypted has another sum, and says so. */
	answers_say(200, ETAG "x-amz-server-side-encryption: aws:kms\r\n", "");
	assert_int_equal(put("abd"), 0);
	answers_say(200, "Content-Type: text/html\r\n" ETAG, "<html>");
	assert_failed(put("abc"), BK_DENIED, "a web page");
	answers_say(400, "", REFUSAL("BadDigest"));
	assert_failed(put("abc"), BK_LOST, "changed on their way");
	answers_say(403, "", REFUSAL("QuotaExceeded"));
	assert_failed(put("abc"), BK_FULL, "raise the quota");
}

#define BEGUN                                                                  \
	"<InitiateMultipartUploadResult><UploadId>2~x&amp;y</UploadId>"        \
	"</InitiateMultipartUploadResult>"
#define ENDED                                                                  \
	"<CompleteMultipartUploadResult><ETag>\"q-2\"</ETag>"                  \
	"</CompleteMultipartUploadResult>"

/* "abcabc" in two parts; up to the question that ends it. */
static void plan_two_parts(void)
{
	bk_s3_part_size(target, 3);
	answers_say(200, "", BEGUN);
	answers_say(200, ETAG, "");
	answers_say(200, ETAG, "");
}

static void a_large_put_goes_in_parts(void **state)
{
	(void)state;
	plan_two_parts();
	answers_say(200, "", ENDED);
	say_size(6);
	if (put("abcabc") < 0)
		fail_msg("%s", err.text);
	assert_asked(0, "POST /b/mx%201/keys/1.bkk?uploads= HTTP/1.1\r\n");
	assert_asked(1, "?partNumber=1&uploadId=2~x%26y HTTP/1.1\r\n");
	assert_asked(2, "?partNumber=2&uploadId=2~x%26y HTTP/1.1\r\n");
	assert_asked(3, "POST /b/mx%201/keys/1.bkk?uploadId=2~x%26y HTTP");
	assert_asked(4, "HEAD /b/mx%201/keys/1.bkk HTTP/1.1\r\n");
	assert_int_equal(answers.served, 5);
}

static void an_upload_that_fails_is_taken_away(void **state)
{
	static const struct {
		int status;
		const char *body;
		enum bk_kind kind;
		const char *words;
	} ends[] = {
		{200, REFUSAL("InternalError"), BK_BUSY,    "InternalError"    },
		{200, REFUSAL("New"),           BK_FAILED,  "New"              },
		{200, "",                       BK_CORRUPT, "no XML"           },
		{200, "<x/>",                   BK_FAILED,  "lacks"            },
		{400, REFUSAL("InvalidPart"),   BK_LOST,    "not what was sent"},
		{503, REFUSAL("SlowDown"),      BK_BUSY,    "SlowDown"         },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		end(state);
		start(state);
		plan_two_parts();
		answers_say(ends[i].status, "", ends[i].body);
		answers_say(204, "", "");
		assert_failed(put("abcabc"), ends[i].kind, ends[i].words);
		assert_asked(4, "DELETE /b/mx%201/keys/1.bkk?uploadId=");
	}
}

/* It may be there all the same: who tries again looks. */
static void a_put_whose_answer_is_lost_is_no_success(void **state)
{
	(void)state;
	answers.planned++; /* it hangs up behind the body */
	assert_failed(put("abc"), BK_LOST, "");
	plan_two_parts();
	answers.planned++;
	answers_say(404, "", REFUSAL("NoSuchUpload"));
	assert_failed(put("abcabc"), BK_LOST, "");
}

static void an_object_of_another_size_is_no_success(void **state)
{
	(void)state;
	plan_two_parts();
	answers_say(200, "", ENDED);
	say_size(3);
	answers_say(404, "", REFUSAL("NoSuchUpload"));
	assert_failed(put("abcabc"), BK_LOST, "of 3 bytes, not of 6");
}

static int open_again(bool create)
{
	bk_target_close(target);
	target = NULL;
	return bk_s3_open(&target, &url, &access_, create, &err);
}

static void a_bucket_is_made_where_there_is_none(void **state)
{
	(void)state;
	access_.region = "eu-west-3";
	answers_say(404, "", REFUSAL("NoSuchBucket"));
	answers_say(200, "", "");
	if (open_again(true) < 0)
		fail_msg("%s", err.text);
	assert_asked(0, "GET /b?list-type=2&max-keys=1&prefix=mx%201%2F HTTP");
	assert_asked(1, "PUT /b HTTP/1.1\r\n");
	assert_asked(1, "/eu-west-3/s3/aws4_request");
	answers_say(404, "", REFUSAL("NoSuchBucket"));
	answers_say(403, "", REFUSAL("AccessDenied"));
	assert_failed(open_again(true), BK_DENIED,
		      "bucket b is not there and cannot be made");
	answers_say(403, "", REFUSAL("InvalidAccessKeyId"));
	assert_failed(open_again(true), BK_DENIED, "is the access key in");
	answers_say(404, "", REFUSAL("NoSuchBucket"));
	assert_failed(open_again(false), BK_GONE, "bucket b is not there");
}

static void a_session_token_is_sent_and_signed(void **state)
{
	(void)state;
	access_.token = "env:BK_TEST_TOKEN";
	answers_say(200, "", EMPTY);
	assert_int_equal(open_again(false), 0);
	answers_say(200, ETAG, "");
	assert_int_equal(put("abc"), 0);
	assert_asked(1, "x-amz-security-token: to/ken+\r\n");
	assert_asked(1, ";x-amz-date;x-amz-security-token,");
}

static void a_url_without_key_or_bucket_is_refused(void **state)
{
	static const char *const texts[] = {"s3:http://127.0.0.1/b",
					    "s3:http://ID@127.0.0.1"};
	static const char *const words[] = {"which access key?",
					    "which bucket?"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		bk_url_clear(&url);
		assert_int_equal(bk_url_parse(&url, texts[i], &err), 0);
		assert_int_equal(open_again(true), -1);
		assert_int_equal(err.kind, BK_MISUSE);
		assert_non_null(strstr(err.text, words[i]));
	}
}

static bool is_ours(const char *name)
{
	return strcmp(name, "data/x.txt") != 0;
}

#define UPLOAD(key, day)                                                       \
	"<Upload><Key>" key                                                    \
	"</Key><UploadId>u</UploadId><Initiated>2026-11-" day                  \
	"T00:00:00.000Z</Initiated></Upload>"
#define PART(day)                                                               \
	"<ListPartsResult><IsTruncated>false</IsTruncated><Part><Size>5</Size>" \
	"<LastModified>2026-11-" day                                            \
	"T00:00:00.000Z</LastModified></Part>"                                  \
	"</ListPartsResult>"
#define DATE "Date: Sun, 22 Nov 2026 00:00:00 GMT\r\n"

static void old_uploads_of_ours_are_taken_away_and_no_others(void **state)
{
	(void)state;
	answers_say(200, DATE,
		    "<ListMultipartUploadsResult>"
		    "<IsTruncated>false</IsTruncated>" UPLOAD(
			    "mx 1/data/a", "01") UPLOAD("mx 1/data/b", "02")
			    UPLOAD("mx 1/data/new", "21") UPLOAD(
				    "mx 1/data/x.txt",
				    "01") "</ListMultipartUploadsResult>");
	answers_say(200, DATE, PART("01"));
	answers_say(204, "", "");
	answers_say(200, DATE, PART("21"));
	if (bk_target_sweep(target, (int64_t)7 * 86400, is_ours, &err) < 0)
		fail_msg("%s", err.text);
	assert_asked(0, "GET /b?prefix=mx%201%2F&uploads= ");
	assert_asked(1, "GET /b/mx%201/data/a?uploadId=u ");
	assert_asked(2, "DELETE /b/mx%201/data/a?uploadId=u ");
	assert_asked(3, "GET /b/mx%201/data/b?uploadId=u ");
	assert_int_equal(answers.served, answers.planned);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, start, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_listing_goes_on_to_its_last_page),
		CASE(a_listing_that_is_cut_or_lies_is_no_short_one),
		CASE(a_listing_in_a_circle_ends),
		CASE(a_server_that_is_busy_says_how_long),
		CASE(a_head_that_is_refused_is_asked_why),
		CASE(a_bucket_elsewhere_is_told_with_its_region),
		CASE(other_bytes_than_were_asked_for_are_refused),
		CASE(a_put_is_signed_and_proved_by_its_sum),
		CASE(an_etag_that_is_wrong_or_missing_is_no_success),
		CASE(a_large_put_goes_in_parts),
		CASE(an_upload_that_fails_is_taken_away),
		CASE(a_put_whose_answer_is_lost_is_no_success),
		CASE(an_object_of_another_size_is_no_success),
		CASE(a_bucket_is_made_where_there_is_none),
		CASE(a_session_token_is_sent_and_signed),
		CASE(a_url_without_key_or_bucket_is_refused),
		CASE(old_uploads_of_ours_are_taken_away_and_no_others),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
