/* Pages of S3's listings: what is whole is taken, what is not is never taken
 * for a short one. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "target/s3_page.h"

static struct bk_s3_page page;
static struct bk_err err;

/* In pieces of n bytes. */
static int read_page(enum bk_s3_listing what, const char *text, size_t n)
{
	size_t len = strlen(text);
	int rc = 0;

	err = (struct bk_err){0};
	bk_s3_page_init(&page, what);
	for (size_t at = 0; rc == 0 && at < len; at += n)
		rc = page.xml.sink.write(&page.xml.sink, text + at,
					 len - at < n ? len - at : n, &err);
	return rc < 0 ? -1 : bk_s3_page_end(&page, &err);
}

static const char two[] =
	"\n <?xml version=\"1.0\" encoding=\"UTF-8\"?>"
	"<ListBucketResult xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">"
	"<Name>b</Name><Contents><Key>mx1%2Fa+b%2Bc%C3%A4</Key>"
	"<LastModified>2026-11-19T12:30:05.123Z</LastModified>"
	"<ETag>&quot;00&quot;</ETag><Size>5</Size>"
	"<Owner><ID>Key</ID></Owner></Contents>"
	"<Contents><Key>mx1/bkrepo</Key><Size>0</Size></Contents>"
	"<EncodingType>url</EncodingType><IsTruncated>true</IsTruncated>"
	"<NextContinuationToken>x+y/z=</NextContinuationToken>"
	"</ListBucketResult>\n";

static void a_page_in_any_pieces_is_read(void **state)
{
	(void)state;
	for (size_t n = 1; n < sizeof(two); n += 7) {
		if (read_page(BK_S3_OBJECTS, two, n) < 0)
			fail_msg("%s", err.text);
		assert_int_equal(page.n, 2);
		assert_string_equal(page.items[0].key, "mx1/a b+c\xc3\xa4");
		assert_int_equal(page.items[0].size, 5);
		assert_int_equal(page.items[0].mtime, 1795091405);
		assert_string_equal(page.items[1].key, "mx1/bkrepo");
		assert_int_equal(page.items[1].size, 0);
		assert_int_equal(page.items[1].mtime, 0);
		assert_true(page.truncated);
		assert_string_equal(page.next, "x+y/z=");
		bk_s3_page_clear(&page);
	}
}

static void a_page_that_is_cut_anywhere_is_an_error(void **state)
{
	char text[sizeof(two)];

	(void)state;
	for (size_t n = 0; n + 2 < sizeof(two); n++) {
		(void)snprintf(text, sizeof(text), "%.*s", (int)n, two);
		assert_int_equal(read_page(BK_S3_OBJECTS, text, 4096), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
		bk_s3_page_clear(&page);
	}
}

static void what_is_no_whole_listing_is_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"<ListBucketResult/>",
		"<ListBucketResult><IsTruncated/></ListBucketResult>",
		"<ListBucketResult><IsTruncated>maybe</IsTruncated>"
		"</ListBucketResult>",
		"<ListBucketResult><IsTruncated>true</IsTruncated>"
		"</ListBucketResult>",
		"<ListBucketResult><IsTruncated>true</IsTruncated>"
		"<NextContinuationToken/></ListBucketResult>",
		"<ListBucketResult><IsTruncated>false</IsTruncated>"
		"<Contents><Key>a</Key></Contents></ListBucketResult>",
		"<ListBucketResult><IsTruncated>false</IsTruncated>"
		"<Contents><Size>1</Size></Contents></ListBucketResult>",
		"<ListBucketResult><IsTruncated>false</IsTruncated><Contents>"
		"<Key>a</Key><Size>-1</Size></Contents></ListBucketResult>",
		"<ListBucketResult><IsTruncated>false</IsTruncated><Contents>"
		"<Key>a</Key><Size>99999999999999999999</Size></Contents>"
		"</ListBucketResult>",
		"<ListBucketResult><EncodingType>url</EncodingType>"
		"<IsTruncated>false</IsTruncated><Contents><Key>a%2</Key>"
		"<Size>1</Size></Contents></ListBucketResult>",
		"<ListBucketResult><EncodingType>url</EncodingType>"
		"<IsTruncated>false</IsTruncated><Contents><Key>a%00b</Key>"
		"<Size>1</Size></Contents></ListBucketResult>",
		"<ListBucketResults><IsTruncated>false</IsTruncated>"
		"</ListBucketResults>",
		"<Error><Code>InternalError</Code></Error>",
		"<html><body>Please log in</body></html>",
		"<!DOCTYPE ListBucketResult><ListBucketResult><IsTruncated>"
		"false</IsTruncated></ListBucketResult>",
		"<!DOCTYPE l [<!ENTITY f \"false\">]><ListBucketResult>"
		"<IsTruncated>&f;</IsTruncated></ListBucketResult>",
		"<ListBucketResult><IsTruncated>false</IsTruncated>"
		"</ListBucketResult><x/>",
		"<ListBucketResult><a><b><c><d><e><f><g><h/></g></f></e></d>"
		"</c></b></a><IsTruncated>false</IsTruncated>"
		"</ListBucketResult>",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		if (read_page(BK_S3_OBJECTS, bad[i], 11) == 0)
			fail_msg("%s", bad[i]);
		assert_int_equal(err.kind, BK_CORRUPT);
		bk_s3_page_clear(&page);
	}
}

static void a_text_without_end_is_refused(void **state)
{
	struct bk_buf text = {0};

	(void)state;
	bk_buf_printf(&text, "<ListBucketResult><Name>");
	for (int i = 0; i < 10000; i++)
		bk_buf_printf(&text, "x");
	assert_int_equal(read_page(BK_S3_OBJECTS, bk_buf_text(&text), 1000),
			 -1);
	assert_non_null(strstr(err.text, "too long"));
	bk_s3_page_clear(&page);
	bk_buf_clear(&text);
}

static void uploads_have_names_and_begins(void **state)
{
	(void)state;
	assert_int_equal(
		read_page(BK_S3_UPLOADS,
			  "<ListMultipartUploadsResult>"
			  "<EncodingType>url</EncodingType>"
			  "<NextKeyMarker>a%2Fb</NextKeyMarker>"
			  "<NextUploadIdMarker>2~y</NextUploadIdMarker>"
			  "<IsTruncated>true</IsTruncated><Upload>"
			  "<Key>a%2Fb</Key><UploadId>2~x</UploadId><Initiated>"
			  "2026-11-19T12:30:05.000Z</Initiated></Upload>"
			  "</ListMultipartUploadsResult>",
			  100),
		0);
	assert_int_equal(page.n, 1);
	assert_string_equal(page.items[0].key, "a/b");
	assert_string_equal(page.items[0].upload, "2~x");
	assert_int_equal(page.items[0].mtime, 1795091405);
	assert_string_equal(page.next, "a/b");
	assert_string_equal(page.next_upload, "2~y");
	bk_s3_page_clear(&page);
	assert_int_equal(read_page(BK_S3_UPLOADS,
				   "<ListMultipartUploadsResult>"
				   "<IsTruncated>false</IsTruncated><Upload>"
				   "<Key>a</Key></Upload>"
				   "</ListMultipartUploadsResult>",
				   100),
			 -1);
	bk_s3_page_clear(&page);
}

static void times_are_utc_and_what_is_none_is_not_known(void **state)
{
	(void)state;
	assert_int_equal(bk_s3_time("2026-11-19T12:30:05.123Z"), 1795091405);
	assert_int_equal(bk_s3_time("2026-11-19T12:30:05Z"), 1795091405);
	assert_int_equal(bk_s3_time(""), 0);
	assert_int_equal(bk_s3_time("yesterday"), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_page_in_any_pieces_is_read),
		cmocka_unit_test(a_page_that_is_cut_anywhere_is_an_error),
		cmocka_unit_test(what_is_no_whole_listing_is_refused),
		cmocka_unit_test(a_text_without_end_is_refused),
		cmocka_unit_test(uploads_have_names_and_begins),
		cmocka_unit_test(times_are_utc_and_what_is_none_is_not_known),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
