/* What is noted of an account that changes servers: read as it was written, or
 * refused; nothing in between is ever believed. */

#include "lib/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/file.h"
#include "job/cutover_note.h"
#include "lib/scratch.h"

static struct scratch scratch;
static char folder[128], file[512];
static struct bk_err err;

static int begin(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	(void)snprintf(folder, sizeof(folder), "%s/accounts", scratch.path);
	return 0;
}

static int end(void **state)
{
	(void)state;
	scratch_drop(&scratch);
	return 0;
}

static void write_one(const char *account, enum bk_stage stage)
{
	struct bk_cutover_note note = {
		.account = account,
		.stage = stage,
		.held_ms = 1700000000123,
		.ended = 1700000009,
	};

	bk_cutover_note_routes(&note, 2);
	bk_cutover_note_saved(&note, 0, "proxy", "ann\thost=a\nand\\more");
	bk_cutover_note_saved(&note, 1, "mx", "");
	if (bk_cutover_note_write(&note, folder, &err) < 0)
		fail_msg("%s", err.text);
	bk_cutover_note_clear(&note);
}

/* The path of the only file. */
static int find_file(void)
{
	DIR *dir = opendir(folder);
	struct dirent *entry;
	int n = 0;

	while (dir && (entry = readdir(dir)))
		if (*entry->d_name != '.') {
			(void)snprintf(file, sizeof(file), "%s/%s", folder,
				       entry->d_name);
			n++;
		}
	if (dir)
		(void)closedir(dir);
	return n;
}

static void it_is_read_as_it_was_written(void **state)
{
	struct bk_cutover_note note;
	(void)state;

	for (int stage = BK_STAGE_HOLDING; stage <= BK_STAGE_UNDOING; stage++) {
		write_one("ann/../\n@a.test", (enum bk_stage)stage);
		assert_int_equal(bk_cutover_note_read(&note, folder,
						      "ann/../\n@a.test", &err),
				 0);
		assert_int_equal(note.stage, stage);
		assert_int_equal(note.held_ms, 1700000000123);
		assert_int_equal(note.ended, 1700000009);
		assert_int_equal(note.n, 2);
		assert_string_equal(note.routes[0].route, "proxy");
		assert_string_equal(note.routes[0].saved,
				    "ann\thost=a\nand\\more");
		assert_string_equal(note.routes[1].saved, "");
		bk_cutover_note_clear(&note);
		assert_int_equal(find_file(), 1);
	}
}

static void no_file_is_as_it_was_and_so_is_one_that_is_taken_back(void **state)
{
	struct bk_cutover_note note;
	(void)state;

	assert_int_equal(bk_cutover_note_read(&note, folder, "ann", &err), 0);
	assert_int_equal(note.stage, BK_STAGE_AS_IT_WAS);
	bk_cutover_note_clear(&note);
	write_one("ann", BK_STAGE_HOLDING);
	write_one("bob", BK_STAGE_MOVED);
	write_one("ann", BK_STAGE_AS_IT_WAS);
	assert_int_equal(find_file(), 1);
	assert_int_equal(bk_cutover_note_read(&note, folder, "ann", &err), 0);
	assert_int_equal(note.stage, BK_STAGE_AS_IT_WAS);
	bk_cutover_note_clear(&note);
	assert_int_equal(bk_cutover_note_read(&note, folder, "bob", &err), 0);
	assert_int_equal(note.stage, BK_STAGE_MOVED);
	bk_cutover_note_clear(&note);
}

/* The run that is under way ends while somebody looks. */
static int drop_both(void *arg, const struct bk_cutover_note *note,
		     struct bk_err *why)
{
	size_t *told = arg;

	(void)note;
	(void)why;
	++*told;
	write_one("ann", BK_STAGE_AS_IT_WAS);
	write_one("bob", BK_STAGE_AS_IT_WAS);
	return 0;
}

static void one_that_goes_while_all_are_read_is_passed_over(void **state)
{
	size_t told = 0;

	(void)state;
	write_one("ann", BK_STAGE_HOLDING);
	write_one("bob", BK_STAGE_HOLDING);
	assert_int_equal(bk_cutover_notes_each(folder, drop_both, &told, &err),
			 0);
	assert_int_equal(told, 1);
	assert_int_equal(err.kind, 0);
}

static void put(const struct bk_buf *text, size_t len)
{
	struct bk_view view = {text->data, len};

	assert_int_equal(bk_file_replace(AT_FDCWD, file, view, 0600, &err), 0);
}

static void one_that_is_cut_off_or_newer_is_refused(void **state)
{
	struct bk_cutover_note note;
	struct bk_buf text = {0};
	(void)state;

	write_one("ann", BK_STAGE_POINTING);
	assert_int_equal(find_file(), 1);
	assert_int_equal(bk_file_read(AT_FDCWD, file, 4096, &text, &err), 0);
	for (size_t len = 0; len < text.len; len++) {
		put(&text, len);
		err = (struct bk_err){0};
		assert_int_equal(
			bk_cutover_note_read(&note, folder, "ann", &err), -1);
	}
	put(&text, text.len);
	assert_int_equal(bk_cutover_note_read(&note, folder, "ann", &err), 0);
	bk_cutover_note_clear(&note);
	text.data[11] = '2';
	put(&text, text.len);
	assert_int_equal(bk_cutover_note_read(&note, folder, "ann", &err), -1);
	assert_int_equal(err.kind, BK_NEWER);
	bk_buf_clear(&text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(it_is_read_as_it_was_written,
						begin, end),
		cmocka_unit_test_setup_teardown(
			no_file_is_as_it_was_and_so_is_one_that_is_taken_back,
			begin, end),
		cmocka_unit_test_setup_teardown(
			one_that_goes_while_all_are_read_is_passed_over, begin,
			end),
		cmocka_unit_test_setup_teardown(
			one_that_is_cut_off_or_newer_is_refused, begin, end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
