/* Who is who at the other end of a move. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/imaprights.h"
#include "sync/rights_map.h"

static struct bk_err err;

/* Reads a file of this text. */
static int read_text(struct bk_rights_map *map, const char *text)
{
	char path[] = "/tmp/bk-rights-XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), (ssize_t)strlen(text));
	(void)close(fd);
	int rc = bk_rights_map_read(map, path, &err);
	(void)unlink(path);
	return rc;
}

static void names_follow_their_people(void **state)
{
	struct bk_rights_map map = {0};

	(void)state;
	assert_int_equal(read_text(&map,
				   "# who\n\n$staff\tgroup:people\r\n"
				   "eve@a.test  -\n"),
			 0);
	bk_rights_map_add_user(&map, "ann@a.test", "anna@b.test");
	bk_rights_map_add_user(&map, "bob@a.test", "bob@a.test");
	bk_rights_map_add_user(&map, "eve@a.test", "eva@b.test");
	assert_string_equal(bk_rights_map_find(&map, "user=ann@a.test"),
			    "user=anna@b.test");
	assert_string_equal(bk_rights_map_find(&map, "group=staff"),
			    "group=people");
	assert_string_equal(bk_rights_map_find(&map, "user=eve@a.test"), "");
	assert_null(bk_rights_map_find(&map, "user=bob@a.test"));
	assert_true(map.strict);
	bk_rights_map_clear(&map);
}

static void nobody_becomes_somebody_else_on_the_way_back(void **state)
{
	static const struct {
		const char *there, *here; /* NULL: keeps his name */
	} all[] = {
		{"user=rob",  "user=bob" },
		{"user=bob",  "user=ann" }, /* it is a counterpart, too */
		{"user=ann",  ""         }, /* another one of that name */
		{"user=max",  ""         },
		{"user=eve",  ""         }, /* who is nobody there */
		{"user=one",  ""         }, /* two here */
		{"user=same", "user=same"},
		{"user=zoe",  NULL       },
	};
	struct bk_rights_map map = {0}, back = {0};

	(void)state;
	assert_int_equal(read_text(&map,
				   "bob rob\nann bob\neve -\nmax one\n"
				   "kim one\nsame same\n"),
			 0);
	bk_rights_map_turn(&map, &back);
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		const char *is = bk_rights_map_find(&back, all[i].there);
		if (all[i].here)
			assert_string_equal(is, all[i].here);
		else
			assert_null(is);
	}
	bk_rights_map_clear(&back);
	bk_rights_map_clear(&map);
}

static void rights_of_before_are_what_they_stand_for(void **state)
{
	static const struct {
		const char *a, *b, *spelt;
		bool same;
	} all[] = {
		{"lrswipcda",   "lrswipkxtea", "lrswipkxtea", true },
		{"lrsd",        "lrste",       "lrsxte",      true },
		{"lrsd",        "lrs",         "lrsxte",      false},
		{"lrsc",        "lrsk",        "lrskx",       true },
		{"lrskcd",      "lrsk",        "lrsk",        true },
		{"lrskxtecd",   "lrskte",      "lrskxte",     false},
		{"lrswipcda10", "lrswipkxtea", "lrswipkxtea", true },
	};
	struct bk_buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		out.len = 0;
		bk_imaprights_spell(all[i].a, &out);
		assert_string_equal(bk_buf_text(&out), all[i].spelt);
		assert_int_equal(bk_imaprights_same(all[i].a, all[i].b),
				 all[i].same);
		assert_int_equal(bk_imaprights_same(all[i].b, all[i].a),
				 all[i].same);
	}
	bk_buf_clear(&out);
}

static void a_file_that_is_none_is_named_with_its_line(void **state)
{
	static const char *const all[] = {
		"\none\n",
		"\none two three\n",
		"\n-one two\n",
		"one two\none three\n",
	};

	(void)state;
	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++) {
		struct bk_rights_map map = {0};
		assert_int_equal(read_text(&map, all[i]), -1);
		assert_int_equal(err.kind, BK_MISUSE);
		assert_non_null(strstr(err.text, ":2: "));
		bk_rights_map_clear(&map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_follow_their_people),
		cmocka_unit_test(nobody_becomes_somebody_else_on_the_way_back),
		cmocka_unit_test(rights_of_before_are_what_they_stand_for),
		cmocka_unit_test(a_file_that_is_none_is_named_with_its_line),
	};

	return cmocka_run_group_tests_name("rights_map", tests, NULL, NULL);
}
