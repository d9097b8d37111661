/* Records of trees of files: what says something impossible is refused, before
 * anything is read or written for it. */

#include "lib/test.h"

#include <string.h>

#include "repo/set_trees.h"

static struct bk_set_trees trees;
static struct bk_err err;

static int end(void **state)
{
	(void)state;
	bk_set_trees_clear(&trees);
	err = (struct bk_err){0};
	return 0;
}

static int take(const char *path, uint64_t entries, uint64_t bytes, size_t cut)
{
	static const uint8_t body[] = {2, 0, 0, 0, 0};
	struct bk_tree_piece piece = {
		.path = path,
		.entries = entries,
		.bytes = bytes,
		.body = {body, sizeof(body)}
        };
	struct bk_buf record = {0};

	bk_tree_encode(&record, &piece);
	struct bk_view view = {record.data,
			       cut < record.len ? cut : record.len};
	int rc = bk_set_trees_take(&trees, view, &err);
	bk_buf_clear(&record);
	return rc;
}

static void pieces_of_one_path_are_one_tree(void **state)
{
	(void)state;
	assert_int_equal(take("/etc/a", 2, 1024, SIZE_MAX), 0);
	assert_int_equal(take("/etc/a", 3, 2048, SIZE_MAX), 0);
	assert_int_equal(take("/etc/b", 1, 512, SIZE_MAX), 0);
	assert_int_equal(trees.n, 2);
	const struct bk_set_tree *tree = bk_set_trees_find(&trees, "/etc/a");
	assert_non_null(tree);
	assert_int_equal(tree->n, 2);
	assert_int_equal(tree->entries, 5);
	assert_int_equal(tree->bytes, 3072);
	assert_null(bk_set_trees_find(&trees, "/etc"));
}

static void a_tree_that_was_over_is_not_gone_on_with(void **state)
{
	(void)state;
	assert_int_equal(take("/etc/a", 1, 512, SIZE_MAX), 0);
	assert_int_equal(take("/etc/b", 1, 512, SIZE_MAX), 0);
	assert_int_equal(take("/etc/a", 1, 512, SIZE_MAX), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void a_path_that_leads_elsewhere_is_no_tree(void **state)
{
	static const char *const paths[] = {
		"",       "/",       "etc",         "../etc",    "/etc/",
		"//etc",  "/etc//a", "/etc/./a",    "/etc/../a", "/..",
		"/etc/.", "/etc/..", "./etc/passwd"};

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		assert_false(bk_tree_path_is(paths[i]));
		assert_int_equal(take(paths[i], 1, 512, SIZE_MAX), -1);
		assert_int_equal(err.kind, BK_CORRUPT);
	}
	assert_true(bk_tree_path_is("/etc/...a/b c"));
}

static void sizes_that_overflow_are_refused(void **state)
{
	(void)state;
	assert_int_equal(take("/etc/a", 0, 512, SIZE_MAX), -1);
	assert_int_equal(take("/etc/a", UINT64_MAX, 1, SIZE_MAX), 0);
	assert_int_equal(take("/etc/a", 1, 1, SIZE_MAX), -1);
	assert_int_equal(take("/etc/b", 1, UINT64_MAX, SIZE_MAX), 0);
	assert_int_equal(take("/etc/b", 1, 1, SIZE_MAX), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void a_record_that_is_cut_is_refused(void **state)
{
	(void)state;
	/* Path, counts and digest; what the body is shows when it is read. */
	for (size_t cut = 0; cut < 7 + 1 + 2 + 16; cut++)
		assert_int_equal(take("/etc/a", 1, 512, cut), -1);
	assert_int_equal(trees.n, 0);
}

#define WORLD(test) cmocka_unit_test_teardown(test, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(pieces_of_one_path_are_one_tree),
		WORLD(a_tree_that_was_over_is_not_gone_on_with),
		WORLD(a_path_that_leads_elsewhere_is_no_tree),
		WORLD(sizes_that_overflow_are_refused),
		WORLD(a_record_that_is_cut_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
