/* MD5 against the suite of RFC 1321, appendix 5. */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "crypto/md5.h"

static void the_suite_of_the_rfc_comes_out(void **state)
{
	static const struct {
		const char *text, *want;
	} suite[] = {
		{"",							  "d41d8cd98f00b204e9800998ecf8427e"},
		{"abc",						       "900150983cd24fb0d6963f7d28e17f72"},
		{"message digest",					    "f96b697d7cb7938d525a2f31aaf161d0"},
		{"1234567890123456789012345678901234567890"
		 "1234567890123456789012345678901234567890", "57edf4a22be3c955ac49da2e2107b67a"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(suite) / sizeof(suite[0]); i++) {
		uint8_t sum[BK_MD5_LEN];
		char hex[2 * BK_MD5_LEN + 1];
		struct bk_md5 md5;
		size_t half = strlen(suite[i].text) / 2;
		bk_md5_init(&md5);
		bk_md5_update(&md5, suite[i].text, half);
		bk_md5_update(&md5, suite[i].text + half,
			      strlen(suite[i].text) - half);
		bk_md5_final(&md5, sum);
		for (size_t k = 0; k < BK_MD5_LEN; k++)
			(void)snprintf(hex + 2 * k, 3, "%02x", sum[k]);
		assert_string_equal(hex, suite[i].want);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_suite_of_the_rfc_comes_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
