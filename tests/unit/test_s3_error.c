/* What S3 refuses with becomes a kind and an advice. */

#include "lib/test.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "target/s3_error.h"

static struct bk_err err;

static void complain(const char *body, int64_t ahead_s)
{
	struct bk_s3_complaint complaint;

	err = (struct bk_err){0};
	bk_fail(&err, BK_FAILED, "HTTP 400 Bad Request");
	err.retry_after_s = 7;
	bk_s3_complaint_read(&complaint, (struct bk_view){(const uint8_t *)body,
							  strlen(body)});
	assert_int_equal(bk_s3_complain(&complaint, ahead_s, &err), -1);
}

static void each_code_says_what_to_do(void **state)
{
	static const struct {
		const char *code;
		enum bk_kind kind;
		const char *text;
	} codes[] = {
		{"AccessDenied",          BK_DENIED,  "may this key"              },
		{"SignatureDoesNotMatch", BK_DENIED,  "is the secret key right"   },
		{"InvalidAccessKeyId",    BK_DENIED,  "is the access key in"      },
		{"NoSuchKey",             BK_GONE,    "NoSuchKey: Because"        },
		{"NoSuchBucket",          BK_DENIED,  "is the bucket's name right"},
		{"SlowDown",              BK_BUSY,    "SlowDown"                  },
		{"InternalError",         BK_BUSY,    "InternalError"             },
		{"RequestTimeout",        BK_LOST,    "RequestTimeout"            },
		{"QuotaExceeded",         BK_FULL,    "raise the quota"           },
		{"EntityTooLarge",        BK_REFUSED, "limit"                     },
		{"BadDigest",             BK_LOST,    "changed on their way"      },
		{"ExpiredToken",          BK_DENIED,  "new session token"         },
		{"SomethingNew",          BK_FAILED,  "SomethingNew: Because"     },
	};
	char body[200];

	(void)state;
	for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++) {
		(void)snprintf(body, sizeof(body),
			       "<Error><Code>%s</Code><Message>Because"
			       "</Message></Error>",
			       codes[i].code);
		complain(body, 0);
		assert_int_equal(err.kind, codes[i].kind);
		assert_non_null(strstr(err.text, codes[i].text));
		bool again = err.kind == BK_BUSY || err.kind == BK_LOST;
		assert_int_equal(err.retry_after_s, again ? 7 : 0);
	}
}

static void a_clock_that_is_off_is_told_by_how_much(void **state)
{
	static const char skewed[] =
		"<Error><Code>RequestTimeTooSkewed</Code></Error>";

	(void)state;
	complain(skewed, 86400);
	assert_int_equal(err.kind, BK_DENIED);
	assert_non_null(strstr(err.text, "86400 s ahead of the server's"));
	complain(skewed, -60);
	assert_non_null(strstr(err.text, "60 s behind the server's"));
	complain(skewed, 0);
	assert_non_null(strstr(err.text, "set this host's clock"));
}

static void the_region_that_the_server_names_is_passed_on(void **state)
{
	(void)state;
	complain(
		"<Error><Code>AuthorizationHeaderMalformed</Code>"
		"<Region>eu-central-1</Region></Error>",
		0);
	assert_int_equal(err.kind, BK_DENIED);
	assert_non_null(strstr(err.text, "write region = eu-central-1"));
}

static void a_body_that_was_cut_still_has_its_code(void **state)
{
	(void)state;
	complain("<Error><Code>SlowDown</Code><Message>Plea", 0);
	assert_int_equal(err.kind, BK_BUSY);
}

static void without_a_code_the_status_speaks(void **state)
{
	static const char *const bodies[] = {
		"",
		"Bad Gateway",
		"<html><body>no</body></html>",
		"<Error><Code></Code></Error>",
		("<!DOCTYPE e [<!ENTITY c \"SlowDown\">]><Error>"
		 "<Code>&c;</Code></Error>"),
	};

	(void)state;
	for (size_t i = 0; i < sizeof(bodies) / sizeof(bodies[0]); i++) {
		complain(bodies[i], 0);
		assert_int_equal(err.kind, BK_FAILED);
		assert_string_equal(err.text, "HTTP 400 Bad Request");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_code_says_what_to_do),
		cmocka_unit_test(a_clock_that_is_off_is_told_by_how_much),
		cmocka_unit_test(the_region_that_the_server_names_is_passed_on),
		cmocka_unit_test(a_body_that_was_cut_still_has_its_code),
		cmocka_unit_test(without_a_code_the_status_speaks),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
