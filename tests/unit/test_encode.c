/* Base64 as others write it, and as it is not. */

#include "lib/test.h"

#include <string.h>

#include "crypto/encode.h"

static const struct {
	const char *plain, *text;
} pairs[] = {
	{"",       ""        },
        {"f",      "Zg=="    },
        {"fo",     "Zm8="    },
	{"foo",    "Zm9v"    },
        {"foob",   "Zm9vYg=="},
        {"foobar", "Zm9vYmFy"},
};

/* RFC 4648 10 */
static void what_is_encoded_can_be_decoded(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(pairs) / sizeof(*pairs); i++) {
		struct bk_buf text = {0}, plain = {0};
		bk_encode_base64(&text, pairs[i].plain, strlen(pairs[i].plain),
				 true);
		assert_string_equal(bk_buf_text(&text), pairs[i].text);
		assert_true(bk_decode_base64(&plain, text.data, text.len));
		assert_string_equal(bk_buf_text(&plain), pairs[i].plain);
		bk_buf_clear(&text);
		bk_buf_clear(&plain);
	}
}

static void what_is_no_base64_stays_out(void **state)
{
	static const char *const texts[] = {"Zg",    "Zg=",   "Z",
					    "Zm9v!", "Zm 9v", "Zm9v\r\n"};
	struct bk_buf plain = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_false(
			bk_decode_base64(&plain, texts[i], strlen(texts[i])));
	assert_int_equal(plain.len, 0);
	bk_buf_clear(&plain);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_encoded_can_be_decoded),
		cmocka_unit_test(what_is_no_base64_stays_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
