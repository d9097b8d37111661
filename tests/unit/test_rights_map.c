/* Who is who at the other end of a move. */

#include "lib/test.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "store/imaprights.h"
#include "sync/rights_map.h"

static struct bk_err err;
static struct bk_buf said;

static void told(void *arg, const char *who, bool left)
{
	(void)arg;
	bk_buf_printf(&said, "%s%s;", who, left ? "!" : "");
}

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

static void rights_follow_their_people(void **state)
{
	/* clang-format off */
	struct bk_acl_entry acl[] = {
		{"user=ann@a.test", "lr"},
		{"-user=ann@a.test", "w"},
		{"group=staff", "lrs"},
		{"anyone", "l"},
		{"user=eve@a.test", "lr"},
		{"user=dan@a.test", "lrs"},
	};
	/* clang-format on */
	struct bk_folder folder = {.acl = acl, .n_acl = 6};
	struct bk_rights_map map = {0};
	struct bk_arena arena = {0};
	struct bk_buf out = {0};

	(void)state;
	assert_int_equal(read_text(&map,
				   "# who\n\n$staff\tgroup:people\r\n"
				   "eve@a.test  -\n"),
			 0);
	bk_rights_map_add_user(&map, "ann@a.test", "anna@b.test");
	bk_rights_map_add_user(&map, "bob@a.test", "bob@a.test");
	bk_rights_map_add_user(&map, "eve@a.test", "eva@b.test");
	bk_rights_map_apply(&map, &folder, &arena, told, NULL);
	for (size_t i = 0; i < folder.n_acl; i++)
		bk_buf_printf(&out, "%s %s;", folder.acl[i].who,
			      folder.acl[i].rights);
	assert_string_equal(bk_buf_text(&out),
			    "user=anna@b.test lr;-user=anna@b.test w;"
			    "group=people lrs;anyone l;user=dan@a.test lrs;");
	assert_string_equal(bk_buf_text(&said),
			    "user=eve@a.test!;user=dan@a.test;");
	bk_buf_clear(&out);
	bk_buf_clear(&said);
	bk_arena_clear(&arena);
	bk_rights_map_clear(&map);
}

static void two_who_become_one_may_what_either_may(void **state)
{
	/* clang-format off */
	struct bk_acl_entry acl[] = {
		{"user=bob", "lrs"},
		{"-user=bob", "w"},
		{"user=eve", ""},
		{"user=alice", "lwi"},
	};
	/* clang-format on */
	struct bk_folder folder = {.acl = acl, .n_acl = 4};
	struct bk_rights_map map = {0};
	struct bk_arena arena = {0};

	(void)state;
	assert_int_equal(read_text(&map, "bob alice\n"), 0);
	bk_rights_map_apply(&map, &folder, &arena, NULL, NULL);
	assert_int_equal(folder.n_acl, 2);
	assert_string_equal(folder.acl[0].who, "user=alice");
	assert_string_equal(folder.acl[0].rights, "lrswi");
	assert_string_equal(folder.acl[1].who, "-user=alice");
	assert_true(bk_rights_map_makes(&map, "user=bob", "user=alice"));
	assert_true(bk_rights_map_makes(&map, "user=alice", "user=alice"));
	assert_true(bk_rights_map_makes(NULL, "user=bob", "user=bob"));
	assert_false(bk_rights_map_makes(&map, "user=bob", "user=bob"));
	assert_false(bk_rights_map_makes(&map, "-user=bob", "user=alice"));
	bk_arena_clear(&arena);
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
		cmocka_unit_test(rights_follow_their_people),
		cmocka_unit_test(two_who_become_one_may_what_either_may),
		cmocka_unit_test(rights_of_before_are_what_they_stand_for),
		cmocka_unit_test(a_file_that_is_none_is_named_with_its_line),
	};

	return cmocka_run_group_tests_name("rights_map", tests, NULL, NULL);
}
