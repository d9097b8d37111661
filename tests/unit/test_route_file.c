/* A file that another program writes while we change it. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "lib/scratch.h"
#include "route/route_file.h"

static struct scratch scratch;
static char *path;
static struct bk_err err;

static int set_up(void **state)
{
	(void)state;
	scratch_make(&scratch);
	path = bk_asprintf("%s/file", scratch.path);
	err = (struct bk_err){0};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(path);
	scratch_drop(&scratch);
	return 0;
}

static void file_is(const char *want)
{
	char *text = scratch_text(&scratch, "file");

	assert_string_equal(text, want);
	free(text);
}

/* Adds a line, while somebody adds another so many times. */
static int add_ours(void *others, struct bk_view old, struct bk_buf *text,
		    struct bk_err *unused)
{
	int *left = others;

	(void)unused;
	if ((*left)-- > 0) {
		char *more = bk_asprintf("%.*stheirs\n", (int)old.len,
					 (const char *)old.data);
		scratch_file(&scratch, "file", more);
		free(more);
	}
	bk_buf_add(text, old.data, old.len);
	bk_buf_printf(text, "ours\n");
	return 0;
}

static int change_nothing(void *context, struct bk_view old,
			  struct bk_buf *text, struct bk_err *unused)
{
	(void)context;
	(void)unused;
	bk_buf_add(text, old.data, old.len);
	return 0;
}

static void what_another_program_wrote_meanwhile_is_kept(void **state)
{
	int others = 2;

	(void)state;
	scratch_file(&scratch, "file", "first\n");
	assert_int_equal(bk_route_file_edit(path, add_ours, &others, &err), 1);
	file_is("first\ntheirs\ntheirs\nours\n");
}

static void who_never_stops_writing_is_told_of(void **state)
{
	int others = 1000;

	(void)state;
	scratch_file(&scratch, "file", "");
	assert_int_equal(bk_route_file_edit(path, add_ours, &others, &err), -1);
	assert_int_equal(err.kind, BK_BUSY);
	char *text = scratch_text(&scratch, "file");
	assert_null(strstr(text, "ours"));
	free(text);
}

static void what_is_so_already_is_not_written(void **state)
{
	struct stat before, after;

	(void)state;
	scratch_file(&scratch, "file", "first\n");
	assert_int_equal(stat(path, &before), 0);
	assert_int_equal(bk_route_file_edit(path, change_nothing, NULL, &err),
			 0);
	assert_int_equal(stat(path, &after), 0);
	assert_int_equal(before.st_ino, after.st_ino);
}

/* Who keeps the folder for a moment, as another change of ours does. */
static void a_lock_is_waited_for(void **state)
{
	int others = 0;

	(void)state;
	scratch_file(&scratch, "file", "first\n");
	pid_t pid = fork();
	if (pid == 0) {
		int fd = open(scratch.path, O_RDONLY | O_DIRECTORY);
		if (flock(fd, LOCK_EX) < 0)
			_exit(1);
		scratch_file(&scratch, "locked", "");
		bk_clock_rest(200);
		scratch_file(&scratch, "file", "first\ntheirs\n");
		_exit(0);
	}
	while (!scratch_has(&scratch, "locked"))
		bk_clock_rest(5);
	assert_int_equal(bk_route_file_edit(path, add_ours, &others, &err), 1);
	file_is("first\ntheirs\nours\n");
}

static void a_change_is_waited_for_from_when_it_was_made(void **state)
{
	int64_t begun = bk_clock_monotonic_ms();

	(void)state;
	scratch_file(&scratch, "file", "first\n");
	assert_int_equal(bk_route_file_wait(path, 150, &err), 0);
	assert_true(bk_clock_monotonic_ms() - begun >= 140);
	begun = bk_clock_monotonic_ms();
	assert_int_equal(bk_route_file_wait(path, 0, &err), 0);
	assert_true(bk_clock_monotonic_ms() - begun < 5000);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(what_another_program_wrote_meanwhile_is_kept),
		TEST(who_never_stops_writing_is_told_of),
		TEST(what_is_so_already_is_not_written),
		TEST(a_lock_is_waited_for),
		TEST(a_change_is_waited_for_from_when_it_was_made),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
