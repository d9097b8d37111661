/* Paths that stay beneath a folder, whatever lies in the way. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/path.h"
#include "lib/scratch.h"

struct world {
	struct scratch scratch;
	struct bk_err err;
	struct bk_buf buf;
};

static struct world w;

static int begin(void **state)
{
	(void)state;
	w = (struct world){0};
	scratch_make(&w.scratch);
	scratch_file(&w.scratch, "in/a/file", "inside");
	scratch_file(&w.scratch, "out/file", "outside");
	return 0;
}

static int end(void **state)
{
	(void)state;
	scratch_drop(&w.scratch);
	bk_buf_clear(&w.buf);
	return 0;
}

static int root(void)
{
	int fd = openat(w.scratch.dir, "in", O_PATH | O_DIRECTORY);

	assert_true(fd >= 0);
	return fd;
}

static enum bk_kind kind_of_reading(const char *path)
{
	int dir = root();

	w.err = (struct bk_err){0};
	int rc = bk_path_read(dir, path, 100, &w.buf, &w.err);
	close(dir);
	return rc == 0 ? BK_OK : w.err.kind;
}

static void a_file_beneath_is_read(void **state)
{
	(void)state;
	assert_int_equal(kind_of_reading("a/file"), BK_OK);
	assert_string_equal(bk_buf_text(&w.buf), "inside");
}

static void there_is_no_way_out(void **state)
{
	char absolute[128];

	(void)state;
	snprintf(absolute, sizeof(absolute), "%s/out/file", w.scratch.path);
	assert_int_equal(kind_of_reading("../out/file"), BK_REFUSED);
	assert_int_equal(kind_of_reading("a/../../out/file"), BK_REFUSED);
	assert_int_equal(kind_of_reading(absolute), BK_REFUSED);
}

static void a_link_is_not_followed_wherever_it_leads(void **state)
{
	(void)state;
	scratch_link(&w.scratch, "in/to_file", "../out/file");
	scratch_link(&w.scratch, "in/to_dir", "../out");
	scratch_link(&w.scratch, "in/to_sibling", "a");
	assert_int_equal(kind_of_reading("to_file"), BK_REFUSED);
	assert_int_equal(kind_of_reading("to_dir/file"), BK_REFUSED);
	assert_int_equal(kind_of_reading("to_sibling/file"), BK_REFUSED);
}

static void a_fifo_does_not_hold_us(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(w.scratch.dir, "in/fifo", 0600), 0);
	assert_int_equal(kind_of_reading("fifo"), BK_REFUSED);
	assert_int_equal(kind_of_reading("a"), BK_REFUSED);
}

static void what_is_not_there_is_gone(void **state)
{
	(void)state;
	assert_int_equal(kind_of_reading("b"), BK_GONE);
	assert_int_equal(kind_of_reading("a/file/b"), BK_GONE);
}

static void a_file_has_a_ceiling(void **state)
{
	char text[102];

	(void)state;
	memset(text, 'x', 101);
	text[101] = 0;
	scratch_file(&w.scratch, "in/long", text);
	assert_int_equal(kind_of_reading("long"), BK_CORRUPT);
	text[100] = 0;
	scratch_file(&w.scratch, "in/long", text);
	assert_int_equal(kind_of_reading("long"), BK_OK);
	assert_int_equal(w.buf.len, 100);
}

static int enter(const char *path)
{
	int dir = root();

	w.err = (struct bk_err){0};
	int fd = bk_path_enter(dir, path, &w.err);
	close(dir);
	return fd;
}

static void a_link_of_our_own_is_followed_to_an_account(void **state)
{
	(void)state;
	scratch_link(&w.scratch, "in/moved", "../out");
	int fd = enter("moved");
	assert_true(fd >= 0);
	assert_int_equal(bk_path_read(fd, "file", 100, &w.buf, &w.err), 0);
	assert_string_equal(bk_buf_text(&w.buf), "outside");
	close(fd);
}

static void a_strangers_link_is_not_followed_to_an_account(void **state)
{
	(void)state;
	if (geteuid() != 0)
		return; /* nobody else's link can be made */
	scratch_link(&w.scratch, "in/moved", "../out");
	assert_int_equal(fchownat(w.scratch.dir, "in/moved", 65534, 65534,
				  AT_SYMLINK_NOFOLLOW),
			 0);
	assert_int_equal(enter("moved"), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
	assert_non_null(strstr(w.err.text, "chown -h root"));
	assert_int_equal(enter("moved/."), -1);
	assert_int_equal(w.err.kind, BK_REFUSED);
}

static void folders_are_made_beneath_only(void **state)
{
	int dir = root();

	(void)state;
	int fd = bk_path_make(dir, "x/y/z", 0750, (uid_t)-1, (gid_t)-1, &w.err);
	assert_true(fd >= 0);
	close(fd);
	struct stat st;
	assert_int_equal(fstatat(w.scratch.dir, "in/x/y", &st, 0), 0);
	assert_int_equal(st.st_mode & 07777, 0750);
	scratch_link(&w.scratch, "in/x/link", "../../out");
	if (geteuid() == 0)
		assert_int_equal(fchownat(w.scratch.dir, "in/x/link", 65534,
					  65534, AT_SYMLINK_NOFOLLOW),
				 0);
	assert_int_equal(bk_path_make(dir, "x/../../out/new", 0700, (uid_t)-1,
				      (gid_t)-1, &w.err),
			 -1);
	assert_false(scratch_has(&w.scratch, "out/new"));
	if (geteuid() == 0) {
		assert_int_equal(bk_path_make(dir, "x/link/new", 0700,
					      (uid_t)-1, (gid_t)-1, &w.err),
				 -1);
		assert_false(scratch_has(&w.scratch, "out/new"));
	}
	close(dir);
}

static void a_name_is_one_level(void **state)
{
	char longest[257];

	(void)state;
	memset(longest, 'n', 256);
	longest[256] = 0;
	assert_true(bk_path_is_name("a", 1));
	assert_true(bk_path_is_name("...", 3));
	assert_true(bk_path_is_name(longest, 255));
	assert_false(bk_path_is_name(longest, 256));
	assert_false(bk_path_is_name("", 0));
	assert_false(bk_path_is_name(".", 1));
	assert_false(bk_path_is_name("..", 2));
	assert_false(bk_path_is_name("a/b", 3));
	assert_false(bk_path_is_name("a\0b", 3));
}

static void clean(const char *path, const char *want)
{
	char *got = bk_path_clean(path);

	assert_string_equal(got, want);
	free(got);
}

static void a_path_has_one_spelling(void **state)
{
	char here[4096];
	char *below;

	(void)state;
	clean("/", "/");
	clean("///", "/");
	clean("/a", "/a");
	clean("//a///b/", "/a/b");
	clean("/./a/././b/.", "/a/b");
	clean("/a/../b", "/a/../b");
	clean("/a/.b/...", "/a/.b/...");
	clean("/var/vmail/%d/%n/", "/var/vmail/%d/%n");
	assert_non_null(getcwd(here, sizeof(here)));
	clean("", here);
	below = bk_asprintf("%s/a", here);
	clean("./a", below);
	free(below);
}

static const char *in_scratch(const char *name)
{
	static char paths[2][128];
	static int turn;

	turn = !turn;
	(void)snprintf(paths[turn], sizeof(paths[turn]), "%s/%s",
		       w.scratch.path, name);
	return paths[turn];
}

static void same(const char *path, const char *other)
{
	char *a = bk_path_real(path);
	char *b = bk_path_real(other);

	assert_string_equal(a, b);
	free(a);
	free(b);
}

static void a_path_is_what_its_links_lead_to(void **state)
{
	(void)state;
	same("/", "//.");
	same(in_scratch("in/a"), in_scratch("in/../in//a/."));
	assert_int_equal(symlink("in", in_scratch("link")), 0);
	same(in_scratch("link/a"), in_scratch("in/a"));
	same(in_scratch("link/%d/%n"), in_scratch("in/%d/%n/"));
	same(in_scratch("link/none/../x"), in_scratch("in/none/../x"));
	same("/none/at/all", "/none//at/all");
}

static void a_level_with_a_percent_sign_is_no_folder(void **state)
{
	(void)state;
	scratch_file(&w.scratch, "%d/file", "");
	assert_int_equal(symlink("in", in_scratch("%n")), 0);
	char *real = bk_path_real(in_scratch("%n/a"));
	assert_string_equal(real + strlen(real) - 5, "/%n/a");
	free(real);
}

int main(void)
{
#define WORLD(t) cmocka_unit_test_setup_teardown(t, begin, end)
	const struct CMUnitTest tests[] = {
		WORLD(a_file_beneath_is_read),
		WORLD(there_is_no_way_out),
		WORLD(a_link_is_not_followed_wherever_it_leads),
		WORLD(a_fifo_does_not_hold_us),
		WORLD(what_is_not_there_is_gone),
		WORLD(a_file_has_a_ceiling),
		WORLD(a_link_of_our_own_is_followed_to_an_account),
		WORLD(a_strangers_link_is_not_followed_to_an_account),
		WORLD(folders_are_made_beneath_only),
		cmocka_unit_test(a_name_is_one_level),
		cmocka_unit_test(a_path_has_one_spelling),
		WORLD(a_path_is_what_its_links_lead_to),
		WORLD(a_level_with_a_percent_sign_is_no_folder),
	};
	return cmocka_run_group_tests_name("path", tests, NULL, NULL);
}
