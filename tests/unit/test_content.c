/* Text or binary, by the bytes alone. */

#include "lib/test.h"

#include <string.h>

#include "lib/dice.h"
#include "mail/content.h"

static bool is_text(const char *bytes, size_t len)
{
	return bk_content_is_text(
		(struct bk_view){(const uint8_t *)bytes, len});
}

static void what_people_write_is_text(void **state)
{
	static const char *const texts[] = {"",
					    "a",
					    "Hello\r\n\tworld\f\n",
					    "Gr\303\274\303\237e",
					    "Gr\374\337e",
					    "\033$B%F%9%H\033(B\n",
					    "\357\273\277BOM"};

	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_true(is_text(texts[i], strlen(texts[i])));
}

static void what_programs_write_is_binary(void **state)
{
	(void)state;
	assert_false(is_text("\211PNG\r\n\032\n\0\0\0\rIHDR", 16));
	assert_false(is_text("PK\3\4\24\0\6\0\10\0\0\0!\0", 14));
	assert_false(is_text("h\0e\0l\0l\0o\0", 10));
	assert_false(is_text("\177\177\177\177", 4));
}

static void each_control_character_counts_as_it_should(void **state)
{
	char bytes[1];

	(void)state;
	for (int value = 0; value < 256; value++) {
		bytes[0] = (char)value;
		bool fine = (value >= 32 && value != 127) ||
			    (value >= 9 && value <= 13) || value == 27;
		assert_int_equal(is_text(bytes, 1), fine);
	}
}

static void random_bytes_of_any_length_are_binary(void **state)
{
	struct dice dice = {1};
	static uint8_t bytes[100000];

	(void)state;
	for (int round = 0; round < 500; round++) {
		size_t n = 100 + dice_below(&dice, sizeof(bytes) - 100);
		dice_fill(&dice, bytes, n);
		assert_false(bk_content_is_text((struct bk_view){bytes, n}));
	}
}

static void a_stray_control_character_does_not_spoil_a_text(void **state)
{
	char bytes[4000];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	bytes[10] = 1;
	bytes[2000] = 0;
	assert_true(is_text(bytes, sizeof(bytes)));
	assert_true(is_text(bytes, 100));
}

static void a_document_with_a_text_in_front_is_binary(void **state)
{
	struct dice dice = {2};
	uint8_t bytes[20000];

	(void)state;
	memset(bytes, 'x', sizeof(bytes));
	dice_fill(&dice, bytes + 6000, 8000);
	assert_false(
		bk_content_is_text((struct bk_view){bytes, sizeof(bytes)}));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_people_write_is_text),
		cmocka_unit_test(what_programs_write_is_binary),
		cmocka_unit_test(each_control_character_counts_as_it_should),
		cmocka_unit_test(random_bytes_of_any_length_are_binary),
		cmocka_unit_test(
			a_stray_control_character_does_not_spoil_a_text),
		cmocka_unit_test(a_document_with_a_text_in_front_is_binary),
	};
	return cmocka_run_group_tests_name("content", tests, NULL, NULL);
}
