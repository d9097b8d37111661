/* Numbers for Prometheus, to the letter of its text format. */

#include "lib/test.h"

#include "report/exposition.h"

static void a_family_has_help_a_type_and_its_samples(void **state)
{
	struct bk_exposition out = {0};

	(void)state;
	bk_metric_family(&out, "bk_sets", "Sets.");
	bk_metric_label(&out, "host", "mx1");
	bk_metric_label(&out, "store", "mail");
	bk_metric_value(&out, 3);
	bk_metric_family(&out, "bk_rate", "Rate.");
	bk_metric_value(&out, -1.5);
	assert_string_equal(bk_buf_text(&out.text),
			    "# HELP bk_sets Sets.\n"
			    "# TYPE bk_sets gauge\n"
			    "bk_sets{host=\"mx1\",store=\"mail\"} 3\n"
			    "# HELP bk_rate Rate.\n"
			    "# TYPE bk_rate gauge\n"
			    "bk_rate -1.5\n");
	bk_exposition_clear(&out);
}

static void any_bytes_of_a_name_make_a_valid_label(void **state)
{
	struct bk_exposition out = {0};

	(void)state;
	bk_metric_family(&out, "a", "b");
	out.text.len = 0;
	bk_metric_label(&out, "n", "q\"b\\l\ne\xc3\xa9w\xff.");
	bk_metric_value(&out, 1);
	assert_string_equal(
		bk_buf_text(&out.text),
		"a{n=\"q\\\"b\\\\l\\ne\xc3\xa9w\xef\xbf\xbd.\"} 1\n");
	bk_exposition_clear(&out);
}

static void large_numbers_are_whole(void **state)
{
	struct bk_exposition out = {0};

	(void)state;
	bk_metric_family(&out, "a", "b");
	out.text.len = 0;
	bk_metric_value(&out, 9007199254740991.0);
	bk_metric_value(&out, 1e300);
	assert_string_equal(bk_buf_text(&out.text),
			    "a 9007199254740991\na 1e+300\n");
	bk_exposition_clear(&out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_family_has_help_a_type_and_its_samples),
		cmocka_unit_test(any_bytes_of_a_name_make_a_valid_label),
		cmocka_unit_test(large_numbers_are_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
