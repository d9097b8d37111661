/* Trees of files from hands that are not trusted: whatever their names, links
 * and types are, and whatever happens to the destination meanwhile, nothing is
 * written outside of it. */

#include "lib/test.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "lib/scratch.h"
#include "lib/tar_stream.h"
#include "store/tree_archive.h"
#include "store/tree_place.h"

#define TOP "/etc/app"

struct world {
	struct scratch scratch;
	struct bk_buf stream;
	struct bk_err err;
	unsigned refused, put;
	char to[128];
};

static struct world w;

/* Everything outside that a way out could hit. */
static int begin(void **state)
{
	(void)state;
	w = (struct world){0};
	scratch_make(&w.scratch);
	(void)snprintf(w.to, sizeof(w.to), "%s/in", w.scratch.path);
	scratch_file(&w.scratch, "out/file", "outside");
	scratch_file(&w.scratch, "out/app/file", "outside");
	scratch_file(&w.scratch, "in/etc/other", "not of the tree");
	scratch_file(&w.scratch, "in/etc/app/file", "before");
	scratch_file(&w.scratch, "in/etc/app/folder/file", "before");
	scratch_link(&w.scratch, "in/etc/app/away", "../../../out");
	scratch_link(&w.scratch, "in/etc/app/there", w.scratch.path);
	scratch_link(&w.scratch, "in/etc/app/faraway", "../../../out/file");
	scratch_link(&w.scratch, "in/etc/app/here", "folder");
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_buf_clear(&w.stream);
	scratch_drop(&w.scratch);
	return 0;
}

static bool text_is(const char *name, const char *want)
{
	char *text = scratch_text(&w.scratch, name);
	bool same = text && strcmp(text, want) == 0;

	free(text);
	return same;
}

/* What is outside is as it was, and nothing came to it. */
static void outside_is_untouched(void)
{
	struct stat st;

	assert_true(text_is("out/file", "outside"));
	assert_true(text_is("out/app/file", "outside"));
	assert_true(text_is("in/etc/other", "not of the tree"));
	assert_int_equal(fstatat(w.scratch.dir, "out", &st, 0), 0);
	assert_int_equal(st.st_nlink, 3);
	assert_int_equal(fstatat(w.scratch.dir, "out/file", &st, 0), 0);
	assert_int_equal(st.st_nlink, 1);
	assert_false(scratch_has(&w.scratch, "out/new"));
	assert_false(scratch_has(&w.scratch, "out/app/new"));
	assert_false(scratch_has(&w.scratch, "new"));
	assert_false(scratch_has(&w.scratch, "in/new"));
	assert_false(scratch_has(&w.scratch, "in/etc/new"));
	assert_false(scratch_has(&w.scratch, "in/etc/apple"));
}

/* ---- streams ---- */

static void entry(const char *name, char type, const char *link)
{
	bool file = type == '0';

	if (strlen(name) > 99)
		tar_pax(&w.stream, "path", name);
	tar_entry(&w.stream, name, type, link, file ? "new" : "");
}

/* ---- restoring them ---- */

static void note(void *arg, const char *path, const struct bk_err *why)
{
	(void)arg;
	(void)path;
	(void)why;
	w.refused++;
}

typedef void (*meanwhile_fn)(void);

static void put_one(struct bk_tree_place *place, struct bk_tree_archive *from,
		    const struct bk_tree_entry *it)
{
	struct bk_err lacks = {0};

	if (it->fault || bk_tree_place_put(place, from, it, &lacks, &w.err) < 0)
		w.refused++;
	else
		w.put++;
}

/* As a restore does: all is compared, then all is written. */
static void restore(meanwhile_fn meanwhile)
{
	struct bk_tree_place *place = NULL;
	struct bk_tree_archive *from = NULL;
	struct bk_view_source source;
	struct bk_tree_entry it;
	enum bk_tree_state state;

	assert_int_equal(bk_tree_place_open(&place, w.to, &w.err), 0);
	for (int pass = 0; pass < 2; pass++) {
		bk_view_source_init(&source, bk_buf_view(&w.stream));
		if (bk_tree_archive_open(&from, &source.source, TOP, &w.err) <
		    0)
			break;
		while (bk_tree_archive_next(from, &it, &w.err) > 0)
			if (pass)
				put_one(place, from, &it);
			else if (!it.fault)
				(void)bk_tree_place_compare(place, from, &it,
							    &state, &w.err);
		bk_tree_archive_close(from);
		if (!pass && meanwhile)
			meanwhile();
	}
	assert_int_equal(bk_tree_place_finish(place, note, NULL, &w.err), 0);
	bk_tree_place_close(place);
}

/* ---- hostile names and types ---- */

struct hostile {
	const char *name;
	char type; /* as in a tar file: 0 file 1 hard 2 link 3 4 dev 5 folder
		      6 pipe */
	const char *link;
};

/* clang-format off */
static const struct hostile hostiles[] = {
	{"new", '0', NULL},
	{"etc/new", '0', NULL},
	{"etc/apple", '0', NULL},
	{"etc/apple/new", '0', NULL},
	{"etc/other", '0', NULL},
	{"../out/new", '0', NULL},
	{"../out/file", '0', NULL},
	{"/etc/app/../../../out/new", '0', NULL},
	{"etc/app/..", '0', NULL},
	{"etc/app/..", '5', NULL},
	{"etc/app/../new", '0', NULL},
	{"etc/app/../../new", '0', NULL},
	{"etc/app/../../../out/file", '0', NULL},
	{"etc/app/./new", '0', NULL},
	{"etc/app//new", '0', NULL},
	{"etc/app/.", '0', NULL},
	{"./etc/app/new", '0', NULL},
	{"//etc/app/new", '0', NULL},
	{"", '0', NULL},
	{"/", '5', NULL},
	{".", '5', NULL},
	{"..", '5', NULL},
	{"etc/app/away/new", '0', NULL},
	{"etc/app/away/file", '0', NULL},
	{"etc/app/away/app/file", '0', NULL},
	{"etc/app/away/app", '5', NULL},
	{"etc/app/away", '5', NULL},
	{"etc/app/there/new", '0', NULL},
	{"etc/app/there/out/file", '0', NULL},
	{"etc/app/here/new", '0', NULL},
	{"etc/app/here", '5', NULL},
	{"etc/app/file/new", '0', NULL},
	{"etc/app/file", '5', NULL},
	{"etc/app/folder", '0', NULL},
	{"etc/app/folder", '2', "/"},
	{"etc/app/hard", '1', "../out/file"},
	{"etc/app/hard", '1', "/etc/passwd"},
	{"etc/app/hard", '1', "etc/other"},
	{"etc/app/hard", '1', "etc/app/../../../out/file"},
	{"etc/app/hard", '1', "etc/app/away/file"},
	{"etc/app/hard", '1', "etc/app/faraway"},
	{"etc/app/hard", '1', "etc/app/folder"},
	{"etc/app/hard", '1', "etc/app/nothing"},
	{"etc/app/hard", '1', "etc/app"},
	{"etc/app/null", '3', NULL},
	{"etc/app/disk", '4', NULL},
	{"etc/app/pipe", '6', NULL},
};
/* clang-format on */

static void a_hostile_entry_is_refused_and_nothing_is_outside(void **state)
{
	for (size_t i = 0; i < sizeof(hostiles) / sizeof(*hostiles); i++) {
		const struct hostile *it = &hostiles[i];
		begin(state);
		entry(it->name, it->type, it->link);
		restore(NULL);
		outside_is_untouched();
		if (w.put)
			fail_msg("'%s' of type %c was written", it->name,
				 it->type);
		assert_int_equal(w.refused, 1);
		assert_true(text_is("in/etc/app/file", "before"));
		assert_false(scratch_has(&w.scratch, "in/etc/app/hard"));
		end(state);
	}
}

/* ---- links that the tree itself lays ---- */

static void a_link_of_the_tree_is_laid_and_never_walked(void **state)
{
	static const char *const targets[] = {"../../../out", "/", "..",
					      "folder", "../../../out/app"};

	for (size_t i = 0; i < sizeof(targets) / sizeof(*targets); i++) {
		begin(state);
		entry("etc/app", '5', NULL);
		entry("etc/app/lure", '2', targets[i]);
		entry("etc/app/lure/new", '0', NULL);
		entry("etc/app/lure/file", '0', NULL);
		entry("etc/app/lure/deep/new", '0', NULL);
		entry("etc/app/hard", '1', "etc/app/lure");
		entry("etc/app/behind", '0', NULL);
		restore(NULL);
		outside_is_untouched();
		assert_int_equal(w.put, 3);
		assert_true(text_is("in/etc/app/behind", "new"));
		assert_false(scratch_has(&w.scratch, "in/etc/app/folder/new"));
		end(state);
	}
}

static void a_file_takes_the_place_of_a_link_and_not_of_its_end(void **state)
{
	(void)state;
	entry("etc/app/faraway", '0', NULL);
	entry("etc/app/here", '0', NULL);
	restore(NULL);
	outside_is_untouched();
	assert_true(text_is("in/etc/app/faraway", "new"));
	assert_true(text_is("in/etc/app/here", "new"));
	assert_true(text_is("in/etc/app/folder/file", "before"));
}

/* ---- odd names that are right ---- */

static void any_name_of_a_file_comes_back(void **state)
{
	char longest[256];
	static const char *const names[] = {
		"new\nline", "\377\376bytes", " ",  "-rf",      "*",
		"\"quo'te",  "tab\there",     "%s", "\001\033", "..."};
	char path[400];

	(void)state;
	memset(longest, 'n', sizeof(longest) - 1);
	longest[255] = 0;
	entry("etc/app", '5', NULL);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "etc/app/%s", names[i]);
		entry(path, '0', NULL);
	}
	(void)snprintf(path, sizeof(path), "etc/app/%s", longest);
	entry(path, '0', NULL);
	restore(NULL);
	outside_is_untouched();
	assert_int_equal(w.refused, 0);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		(void)snprintf(path, sizeof(path), "in/etc/app/%s", names[i]);
		assert_true(text_is(path, "new"));
	}
	(void)snprintf(path, sizeof(path), "in/etc/app/%s", longest);
	assert_true(text_is(path, "new"));
}

static void a_name_that_no_file_may_have_is_refused(void **state)
{
	char path[400] = "etc/app/";

	(void)state;
	memset(path + 8, 'n', 256);
	entry(path, '0', NULL);
	restore(NULL);
	outside_is_untouched();
	assert_int_equal(w.put, 0);
	assert_int_equal(w.refused, 1);
}

static void folders_may_be_deep(void **state)
{
	struct bk_buf path = {0};

	(void)state;
	bk_buf_printf(&path, "etc/app");
	for (int i = 0; i < 120; i++) {
		bk_buf_printf(&path, "/d");
		entry(bk_buf_text(&path), '5', NULL);
	}
	bk_buf_printf(&path, "/new");
	entry(bk_buf_text(&path), '0', NULL);
	restore(NULL);
	assert_int_equal(w.put, 121);
	bk_buf_clear(&path);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
	struct bk_buf path = {0};

	(void)state;
	bk_buf_printf(&path, "etc/app");
	for (int i = 0; i < 2100; i++)
		bk_buf_printf(&path, "/d");
	entry(bk_buf_text(&path), '0', NULL);
	restore(NULL);
	assert_int_equal(w.put, 0);
	outside_is_untouched();
	bk_buf_clear(&path);
}

/* ---- a destination that changes meanwhile ---- */

static void swap_folder(void)
{
	assert_int_equal(renameat(w.scratch.dir, "in/etc/app/folder",
				  w.scratch.dir, "in/etc/app/moved"),
			 0);
	scratch_link(&w.scratch, "in/etc/app/folder", "../../../out");
}

static void swap_top(void)
{
	assert_int_equal(renameat(w.scratch.dir, "in/etc/app", w.scratch.dir,
				  "in/moved"),
			 0);
	scratch_link(&w.scratch, "in/etc/app", "../../out/app");
}

static void swap_parent(void)
{
	assert_int_equal(
		renameat(w.scratch.dir, "in/etc", w.scratch.dir, "in/moved"),
		0);
	scratch_link(&w.scratch, "in/etc", "../out");
}

static void a_folder_that_becomes_a_link_is_not_walked(void **state)
{
	static const meanwhile_fn swaps[] = {swap_folder, swap_top};

	for (size_t i = 0; i < 2; i++) {
		begin(state);
		entry("etc/app/folder", '5', NULL);
		entry("etc/app/folder/new", '0', NULL);
		entry("etc/app/folder/file", '0', NULL);
		entry("etc/app/folder/app/file", '0', NULL);
		entry("etc/app/folder/lure", '2', "/");
		restore(swaps[i]);
		outside_is_untouched();
		assert_int_equal(w.put, 0);
		end(state);
	}
}

static void a_folder_above_the_tree_that_becomes_a_link_is_not(void **state)
{
	(void)state;
	entry("etc/app/file", '0', NULL);
	entry("etc/app/new", '0', NULL);
	restore(swap_parent);
	assert_int_equal(w.put, 0);
	assert_true(text_is("out/app/file", "outside"));
	assert_false(scratch_has(&w.scratch, "out/app/new"));
}

/* All the time: folder and link change places, as fast as it goes. */
static _Atomic bool over;

static void *swap_again_and_again(void *arg)
{
	(void)arg;
	while (!over)
		(void)syscall(SYS_renameat2, w.scratch.dir, "in/etc/app/folder",
			      w.scratch.dir, "in/etc/app/away",
			      2u /* RENAME_EXCHANGE */);
	return NULL;
}

static void a_race_is_won_by_nobody(void **state)
{
	pthread_t thread;

	(void)state;
	for (int i = 0; i < 50; i++) {
		entry("etc/app/folder", '5', NULL);
		entry("etc/app/folder/new", '0', NULL);
		entry("etc/app/folder/made/new", '0', NULL);
		entry("etc/app/folder/lure", '2', "/");
	}
	over = false;
	assert_int_equal(
		pthread_create(&thread, NULL, swap_again_and_again, NULL), 0);
	for (int i = 0; i < 10; i++)
		restore(NULL);
	over = true;
	(void)pthread_join(thread, NULL);
	outside_is_untouched();
	assert_false(scratch_has(&w.scratch, "out/made"));
	assert_false(scratch_has(&w.scratch, "out/lure"));
}

/* ---- streams that are broken ---- */

static void a_stream_cut_anywhere_writes_no_file_in_part(void **state)
{
	for (size_t cut = 1; cut < 4 * TAR_BLOCK; cut += 101) {
		begin(state);
		entry("etc/app/folder", '5', NULL);
		entry("etc/app/file", '0', NULL);
		w.stream.len = cut < w.stream.len ? cut : w.stream.len;
		restore(NULL);
		assert_true(text_is("in/etc/app/file", "before") ||
			    text_is("in/etc/app/file", "new"));
		outside_is_untouched();
		end(state);
	}
}

static void what_is_no_stream_is_corrupt(void **state)
{
	struct bk_tree_archive *from = NULL;
	struct bk_view_source source;
	struct bk_tree_entry it;
	int rc;

	(void)state;
	bk_buf_printf(&w.stream, "%512s", "a text and no tar file");
	bk_view_source_init(&source, bk_buf_view(&w.stream));
	rc = bk_tree_archive_open(&from, &source.source, TOP, &w.err);
	if (rc == 0)
		rc = bk_tree_archive_next(from, &it, &w.err);
	assert_int_equal(rc, -1);
	assert_int_equal(w.err.kind, BK_CORRUPT);
	bk_tree_archive_close(from);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(
			a_hostile_entry_is_refused_and_nothing_is_outside),
		cmocka_unit_test(a_link_of_the_tree_is_laid_and_never_walked),
		WORLD(a_file_takes_the_place_of_a_link_and_not_of_its_end),
		WORLD(any_name_of_a_file_comes_back),
		WORLD(a_name_that_no_file_may_have_is_refused),
		WORLD(folders_may_be_deep),
		WORLD(a_path_that_is_too_long_is_refused),
		cmocka_unit_test(a_folder_that_becomes_a_link_is_not_walked),
		WORLD(a_folder_above_the_tree_that_becomes_a_link_is_not),
		WORLD(a_race_is_won_by_nobody),
		cmocka_unit_test(a_stream_cut_anywhere_writes_no_file_in_part),
		WORLD(what_is_no_stream_is_corrupt),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
