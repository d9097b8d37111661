/* Paths with variables, there and back. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/scratch.h"
#include "store/account_path.h"

static struct world {
	struct scratch scratch;
	struct bk_account_path *path;
	struct bk_account_list list;
	struct bk_arena arena;
	struct bk_err err;
} w;

static int begin(void **state)
{
	(void)state;
	memset(&w, 0, sizeof(w));
	scratch_make(&w.scratch);
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_account_path_free(w.path);
	bk_account_list_clear(&w.list);
	bk_arena_clear(&w.arena);
	scratch_drop(&w.scratch);
	return 0;
}

static void use(const char *below)
{
	char *text = bk_asprintf("%s/%s", w.scratch.path, below);

	bk_account_path_free(w.path);
	if (bk_account_path_new(&w.path, text, &w.err) < 0)
		fail_msg("%s", w.err.text);
	free(text);
}

/* What an address expands to, without the scratch folder. */
static const char *expanded(const char *address)
{
	const char *path =
		bk_account_path_expand(w.path, address, &w.arena, &w.err);

	if (!path)
		return NULL;
	assert_memory_equal(path, w.scratch.path, strlen(w.scratch.path));
	return path + strlen(w.scratch.path) + 1;
}

static void walk(void)
{
	bk_account_list_clear(&w.list);
	if (bk_account_path_walk(w.path, &w.list, &w.err) < 0)
		fail_msg("%s", w.err.text);
	bk_account_list_sort(&w.list);
}

static void variables_are_filled_in(void **state)
{
	(void)state;
	use("%d/%n/Maildir");
	assert_string_equal(expanded("ann@a.test"), "a.test/ann/Maildir");
	use("%u");
	assert_string_equal(expanded("ann@a.test"), "ann@a.test");
	use("x%n-y/%%d");
	assert_string_equal(expanded("ann@a.test"), "xann-y/%d");
	use("%Ld/%Un/%1n/%2.3d/%L1n");
	assert_string_equal(expanded("Ann@A.test"), "a.test/ANN/A/tes/a");
	use("%n");
	assert_string_equal(expanded("ann"), "ann");
	assert_string_equal(expanded("odd@name@a.test"), "odd@name");
}

static void an_address_that_would_leave_the_tree_is_refused(void **state)
{
	static const char *const addresses[] = {
		"..@a", "a@..", ".@a", "a/b@c", "a@b/c",  "/@a",   "@a",
		"a@",   "a",    "",    "a\n@b", "\x7f@b", "a@\xff"};

	(void)state;
	use("%d/%n");
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		w.err.kind = BK_OK;
		if (expanded(addresses[i]))
			fail_msg("'%s' was taken", addresses[i]);
		assert_int_equal(w.err.kind, BK_REFUSED);
	}
}

static void accounts_are_found_where_the_path_says(void **state)
{
	(void)state;
	scratch_dir(&w.scratch, "a.test/ann/Maildir");
	scratch_dir(&w.scratch, "a.test/bob");
	scratch_dir(&w.scratch, "b.test/ann/Maildir");
	scratch_dir(&w.scratch, "b.test/.hidden/Maildir");
	scratch_dir(&w.scratch, ".snapshots/x/Maildir");
	scratch_dir(&w.scratch, "lost+found/x/Maildir");
	scratch_file(&w.scratch, "b.test/file", "");
	use("%d/%n/Maildir");
	walk();
	assert_int_equal(w.list.n, 3);
	assert_string_equal(w.list.items[0].address, "ann@a.test");
	assert_string_equal(w.list.items[1].address, "ann@b.test");
	assert_string_equal(w.list.items[2].address, "bob@a.test");
	assert_non_null(strstr(w.list.items[0].root, "a.test/ann/Maildir"));
}

static void a_name_in_the_middle_of_a_level_is_found(void **state)
{
	(void)state;
	scratch_dir(&w.scratch, "mail-ann@x@a.test.d");
	scratch_dir(&w.scratch, "mail-.d");
	scratch_dir(&w.scratch, "other-ann@a.test.d");
	use("mail-%n@%d.d");
	walk();
	assert_int_equal(w.list.n, 1);
	assert_string_equal(w.list.items[0].address, "ann@x@a.test");
	use("mail-%u.d");
	walk();
	assert_int_equal(w.list.n, 1);
	assert_string_equal(w.list.items[0].address, "ann@x@a.test");
}

static void only_what_the_path_could_give_is_an_account(void **state)
{
	(void)state;
	scratch_dir(&w.scratch, "a.test/a/ann");
	scratch_dir(&w.scratch, "a.test/b/ann");
	scratch_dir(&w.scratch, "a.test/b/Bob");
	use("%d/%1n/%n");
	walk();
	assert_int_equal(w.list.n, 1);
	assert_string_equal(w.list.items[0].address, "ann@a.test");
	use("%d/%L1n/%n");
	walk();
	assert_int_equal(w.list.n, 2);
	/* With %L Dovecot would never look into "Bob". */
	use("%d/%L1n/%Ln");
	walk();
	assert_int_equal(w.list.n, 1);
}

static void what_is_found_expands_to_where_it_was_found(void **state)
{
	static const char *const patterns[] = {"%d/%n", "%u/%n", "%n/%d/%1d",
					       "x-%n/y-%d"};

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		use(patterns[i]);
		char *path = bk_strdup(expanded("ann@a.test"));
		scratch_dir(&w.scratch, path);
		walk();
		bool found = false;
		for (size_t k = 0; k < w.list.n; k++)
			found |= strcmp(w.list.items[k].root +
						strlen(w.scratch.path) + 1,
					path) == 0 &&
				 strcmp(w.list.items[k].address,
					"ann@a.test") == 0;
		assert_true(found);
		free(path);
	}
}

static void a_name_with_control_characters_is_listed_all_the_same(void **state)
{
	(void)state;
	scratch_dir(&w.scratch, "a.test/an\nn");
	scratch_dir(&w.scratch, "a.test/b\xff");
	use("%d/%n");
	walk();
	assert_int_equal(w.list.n, 2);
	assert_false(bk_address_is_sound(w.list.items[0].address));
	assert_false(bk_address_is_sound(w.list.items[1].address));
}

static void a_tree_that_is_not_there_is_gone(void **state)
{
	(void)state;
	use("nowhere/%d/%n");
	assert_int_equal(bk_account_path_walk(w.path, &w.list, &w.err), -1);
	assert_int_equal(w.err.kind, BK_GONE);
}

static void a_folder_that_cannot_be_read_fails_the_whole(void **state)
{
	(void)state;
	if (geteuid() == 0)
		return; /* root reads everything */
	scratch_dir(&w.scratch, "a.test/ann");
	scratch_dir(&w.scratch, "b.test/bob");
	assert_int_equal(fchmodat(w.scratch.dir, "b.test", 0, 0), 0);
	use("%d/%n");
	assert_int_equal(bk_account_path_walk(w.path, &w.list, &w.err), -1);
	assert_int_equal(w.err.kind, BK_DENIED);
}

static void a_strangers_link_on_the_way_fails_the_whole(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return;
	scratch_dir(&w.scratch, "a.test/ann");
	scratch_link(&w.scratch, "b.test", "a.test");
	use("%d/%n");
	walk(); /* root's own */
	assert_int_equal(w.list.n, 2);
	assert_int_equal(fchownat(w.scratch.dir, "b.test", 65534, 65534,
				  AT_SYMLINK_NOFOLLOW),
			 0);
	assert_int_equal(bk_account_path_walk(w.path, &w.list, &w.err), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
}

static void what_is_no_path_is_misuse(void **state)
{
	static const char *const texts[] = {"",        "/x/%h", "/x/%",
					    "/x/%n%d", "/x/%5", "/x/%{user}"};
	(void)state;
	for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
		assert_int_equal(bk_account_path_new(&w.path, texts[i], &w.err),
				 -1);
		assert_int_equal(w.err.kind, BK_MISUSE);
	}
}

static void a_path_without_variables_is_one_account(void **state)
{
	(void)state;
	use("a/b%%c/");
	assert_false(bk_account_path_is_many(w.path));
	assert_string_equal(expanded("anything"), "a/b%c");
}

int main(void)
{
#define WORLD(t) cmocka_unit_test_setup_teardown(t, begin, end)
	const struct CMUnitTest tests[] = {
		WORLD(variables_are_filled_in),
		WORLD(an_address_that_would_leave_the_tree_is_refused),
		WORLD(accounts_are_found_where_the_path_says),
		WORLD(a_name_in_the_middle_of_a_level_is_found),
		WORLD(only_what_the_path_could_give_is_an_account),
		WORLD(what_is_found_expands_to_where_it_was_found),
		WORLD(a_name_with_control_characters_is_listed_all_the_same),
		WORLD(a_tree_that_is_not_there_is_gone),
		WORLD(a_folder_that_cannot_be_read_fails_the_whole),
		WORLD(a_strangers_link_on_the_way_fails_the_whole),
		WORLD(what_is_no_path_is_misuse),
		WORLD(a_path_without_variables_is_one_account),
	};
	return cmocka_run_group_tests_name("account_path", tests, NULL, NULL);
}
