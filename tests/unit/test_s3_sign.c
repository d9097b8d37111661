/* Signatures against the examples that AWS publishes for S3: "Signature
 * Calculations for the Authorization Header". */

#include "lib/test.h"

#include <string.h>

#include "base/clock.h"
#include "target/s3_sign.h"

#define MAY_24 1369353600 /* 2013 */

static const struct bk_s3_keys keys = {
	.id = "AKIAIOSFODNN7EXAMPLE",
	.secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
	.region = "us-east-1",
};

static struct bk_s3_request request(const char *method, const char *path,
				    const char *payload)
{
	struct bk_s3_request out = {
		.method = method,
		.path = path,
		.payload = payload,
		.now = MAY_24,
	};

	bk_s3_fields_add(&out.headers, "x-amz-date", "20130524T000000Z");
	bk_s3_fields_add(&out.headers, "x-amz-content-sha256", payload);
	bk_s3_fields_add(&out.headers, "host",
			 "examplebucket.s3.amazonaws.com");
	return out;
}

static void assert_signed(const struct bk_s3_request *with, const char *headers,
			  const char *signature)
{
	struct bk_buf got = {0}, want = {0};

	bk_buf_printf(&want,
		      "AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/"
		      "20130524/us-east-1/s3/aws4_request,"
		      "SignedHeaders=%s,Signature=%s",
		      headers, signature);
	bk_s3_sign(&got, with, &keys);
	assert_string_equal(bk_buf_text(&got), bk_buf_text(&want));
	bk_buf_clear(&got);
	bk_buf_clear(&want);
}

static void the_example_that_gets_an_object_comes_out(void **state)
{
	struct bk_s3_request get = request("GET", "/test.txt", BK_S3_NO_BODY);

	(void)state;
	bk_s3_fields_add(&get.headers, "range", "bytes=0-9");
	assert_signed(&get, "host;range;x-amz-content-sha256;x-amz-date",
		      "f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6"
		      "036bdb41");
}

static void the_example_that_puts_an_object_comes_out(void **state)
{
	struct bk_s3_request put =
		request("PUT", "/test%24file.text",
			"44ce7dd67c959e0d3524ffac1771dfbba87d2b6b4b4e99e42034a8"
			"b803f8b072");

	(void)state;
	bk_s3_fields_add(&put.headers, "x-amz-storage-class",
			 "REDUCED_REDUNDANCY");
	bk_s3_fields_add(&put.headers, "date", "Fri, 24 May 2013 00:00:00 GMT");
	assert_signed(&put,
		      "date;host;x-amz-content-sha256;x-amz-date;"
		      "x-amz-storage-class",
		      "98ad721746da40c64f1a55b78f14c238d841ea1380cd77a1b5971af0"
		      "ece108bd");
}

static void a_word_of_the_query_without_a_value_comes_out(void **state)
{
	struct bk_s3_request get = request("GET", "/", BK_S3_NO_BODY);

	(void)state;
	bk_s3_fields_add(&get.query, "lifecycle", "");
	assert_signed(&get, "host;x-amz-content-sha256;x-amz-date",
		      "fea454ca298b7da1c68078a5d1bdbfbbe0d65c699e0f91ac7a200a01"
		      "36783543");
}

static void the_query_is_signed_in_its_order_whatever_ours(void **state)
{
	struct bk_s3_request get = request("GET", "/", BK_S3_NO_BODY);

	(void)state;
	bk_s3_fields_add(&get.query, "prefix", "J");
	bk_s3_fields_add(&get.query, "max-keys", "2");
	assert_signed(&get, "host;x-amz-content-sha256;x-amz-date",
		      "34b48302e7b5fa45bde8084f4b7868a86f0a534bc59db6670ed5711e"
		      "f69dc6f7");
}

static void a_query_is_escaped_down_to_the_slash(void **state)
{
	struct bk_s3_fields query = {0};
	struct bk_buf text = {0};

	(void)state;
	bk_s3_fields_add(&query, "uploads", "");
	bk_s3_fields_add(&query, "prefix", "a b/c+d\xc3\xa4~=&");
	bk_s3_query(&text, &query);
	assert_string_equal(bk_buf_text(&text),
			    "prefix=a%20b%2Fc%2Bd%C3%A4~%3D%26&uploads=");
	bk_buf_clear(&text);
}

static void a_date_has_no_dashes_and_no_colons(void **state)
{
	char date[BK_S3_DATE_LEN];

	(void)state;
	assert_string_equal(bk_s3_date(date, MAY_24), "20130524T000000Z");
	assert_string_equal(bk_s3_date(date, 1795091405), "20261119T123005Z");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_example_that_gets_an_object_comes_out),
		cmocka_unit_test(the_example_that_puts_an_object_comes_out),
		cmocka_unit_test(a_word_of_the_query_without_a_value_comes_out),
		cmocka_unit_test(
			the_query_is_signed_in_its_order_whatever_ours),
		cmocka_unit_test(a_query_is_escaped_down_to_the_slash),
		cmocka_unit_test(a_date_has_no_dashes_and_no_colons),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
