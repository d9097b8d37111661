/* Trees of files while somebody works in them: what is read is whole, or it is
 * told; and no link is followed. */

#include "lib/test.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/scratch.h"
#include "store/tree_read.h"

struct reading {
	struct bk_tree_to to; /* first */
	struct bk_buf stream, entry;
	unsigned entries, backs;
	enum bk_kind lacked;
	char lacks[256];
	void (*meanwhile)(void);
};

static struct scratch scratch;
static struct reading r;
static struct bk_err err;

static int take(struct bk_sink *sink, const void *data, size_t len,
		struct bk_err *why)
{
	(void)sink;
	(void)why;
	bk_buf_add(&r.entry, data, len);
	return 0;
}

static void begin_entry(struct bk_tree_to *to)
{
	(void)to;
	r.entry.len = 0;
}

static int header_ends(struct bk_tree_to *to, struct bk_err *why)
{
	(void)to;
	(void)why;
	if (r.meanwhile)
		r.meanwhile();
	return 0;
}

static void back(struct bk_tree_to *to)
{
	r.backs++;
	begin_entry(to);
}

static int end_entry(struct bk_tree_to *to, struct bk_err *why)
{
	(void)to;
	(void)why;
	bk_buf_add(&r.stream, r.entry.data, r.entry.len);
	r.entries++;
	return 0;
}

static void lacks(struct bk_tree_to *to, const char *path,
		  const struct bk_err *why)
{
	(void)to;
	r.lacked = why->kind;
	(void)snprintf(r.lacks, sizeof(r.lacks), "%s",
		       path + strlen(scratch.path));
}

static int begin(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	r = (struct reading){
		.to = {.sink = {take},
		       .begin = begin_entry,
		       .header_ends = header_ends,
		       .back = back,
		       .end = end_entry,
		       .lacks = lacks}
        };
	scratch_make(&scratch);
	scratch_file(&scratch, "etc/a", "first");
	scratch_file(&scratch, "out/secret", "secret");
	return 0;
}

static int end(void **state)
{
	(void)state;
	scratch_drop(&scratch);
	bk_buf_clear(&r.stream);
	bk_buf_clear(&r.entry);
	return 0;
}

static void read_tree(const char *name, int rc)
{
	char path[128];

	(void)snprintf(path, sizeof(path), "%s/%s", scratch.path, name);
	assert_int_equal(bk_tree_read(path, &r.to, &err), rc);
}

static bool has(const char *text)
{
	return r.stream.len &&
	       memmem(r.stream.data, r.stream.len, text, strlen(text));
}

/* Writes over the file, as an editor that keeps its length. */
static void rewrite(const char *text)
{
	int fd = openat(scratch.dir, "etc/a", O_WRONLY);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

static void rewrite_once(void)
{
	static const struct timespec later[2] = {{.tv_sec = 5}, {.tv_sec = 5}};

	if (r.entries != 1)
		return;
	r.meanwhile = NULL;
	rewrite("other");
	assert_int_equal(utimensat(scratch.dir, "etc/a", later, 0), 0);
}

static void a_file_that_is_rewritten_is_read_again(void **state)
{
	(void)state;
	r.meanwhile = rewrite_once;
	read_tree("etc", 0);
	assert_int_equal(r.backs, 1);
	assert_int_equal(r.entries, 2);
	assert_true(has("other"));
	assert_int_equal(r.lacked, BK_OK);
}

static void rewrite_always(void)
{
	static time_t now = 10;
	struct timespec times[2] = {{.tv_sec = now}, {.tv_sec = now}};

	now++;
	(void)utimensat(scratch.dir, "etc/a", times, 0);
}

static void one_that_never_rests_is_kept_and_told(void **state)
{
	(void)state;
	r.meanwhile = rewrite_always;
	read_tree("etc", 0);
	assert_int_equal(r.entries, 2);
	assert_int_equal(r.lacked, BK_BUSY);
	assert_string_equal(r.lacks, "/etc/a");
}

static void cut_short(void)
{
	int fd = openat(scratch.dir, "etc/a", O_WRONLY);

	if (r.entries == 1) {
		assert_int_equal(ftruncate(fd, 1), 0);
		r.meanwhile = NULL;
	}
	(void)close(fd);
}

static void one_that_shrinks_is_read_as_it_is_then(void **state)
{
	(void)state;
	r.meanwhile = cut_short;
	read_tree("etc", 0);
	assert_int_equal(r.entries, 2);
	assert_int_equal(r.backs, 1);
	assert_false(has("first"));
	/* A whole tar entry, or what comes after it is lost. */
	assert_int_equal(r.stream.len % 512, 0);
}

static void append(void)
{
	int fd = openat(scratch.dir, "etc/a", O_WRONLY | O_APPEND);

	if (r.entries == 1)
		assert_int_equal(write(fd, "more", 4), 4);
	(void)close(fd);
}

static void one_that_grows_each_time_is_kept_and_told(void **state)
{
	(void)state;
	r.meanwhile = append;
	read_tree("etc", 0);
	assert_int_equal(r.entries, 2);
	assert_int_equal(r.lacked, BK_BUSY);
	assert_string_equal(r.lacks, "/etc/a");
	assert_true(has("first"));
	/* A whole tar entry, of the size that its header says. */
	assert_int_equal(r.stream.len % 512, 0);
}

static void rewrite_longer(void)
{
	if (r.entries != 1)
		return;
	r.meanwhile = NULL;
	rewrite("other and more");
}

static void one_that_is_rewritten_and_grows_is_read_again(void **state)
{
	(void)state;
	r.meanwhile = rewrite_longer;
	read_tree("etc", 0);
	assert_int_equal(r.backs, 1);
	assert_int_equal(r.lacked, BK_OK);
	assert_true(has("other and more"));
}

static void links_are_told_and_not_followed(void **state)
{
	(void)state;
	scratch_link(&scratch, "etc/away", "../out");
	scratch_link(&scratch, "etc/secret", "../out/secret");
	read_tree("etc", 0);
	assert_int_equal(r.entries, 4);
	assert_false(has("etc/away/secret"));
	assert_true(has("../out"));
}

static void a_link_on_the_way_to_the_tree_is_not_walked(void **state)
{
	(void)state;
	scratch_link(&scratch, "way", "out");
	read_tree("way/secret", -1);
	assert_int_equal(err.kind, BK_REFUSED);
	assert_int_equal(r.entries, 0);
}

static void a_tree_that_is_not_there_is_told(void **state)
{
	(void)state;
	read_tree("nothing", 0);
	assert_int_equal(r.entries, 0);
	assert_int_equal(r.lacked, BK_GONE);
	read_tree("nothing/at/all", -1);
	assert_int_equal(err.kind, BK_GONE);
}

static void what_has_nothing_to_read_is_named(void **state)
{
	(void)state;
	assert_int_equal(mkfifoat(scratch.dir, "etc/pipe", 0600), 0);
	read_tree("etc", 0);
	assert_int_equal(r.entries, 2);
	assert_int_equal(r.lacked, BK_EXISTS);
	assert_string_equal(r.lacks, "/etc/pipe");
}

static void the_same_files_are_the_same_stream(void **state)
{
	struct bk_buf first = {0};

	(void)state;
	read_tree("etc", 0);
	bk_buf_add(&first, r.stream.data, r.stream.len);
	r.stream.len = 0;
	scratch_file(&scratch, "other", "x");
	read_tree("etc", 0);
	assert_int_equal(first.len, r.stream.len);
	assert_memory_equal(first.data, r.stream.data, first.len);
	bk_buf_clear(&first);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(a_file_that_is_rewritten_is_read_again),
		WORLD(one_that_never_rests_is_kept_and_told),
		WORLD(one_that_shrinks_is_read_as_it_is_then),
		WORLD(one_that_grows_each_time_is_kept_and_told),
		WORLD(one_that_is_rewritten_and_grows_is_read_again),
		WORLD(links_are_told_and_not_followed),
		WORLD(a_link_on_the_way_to_the_tree_is_not_walked),
		WORLD(a_tree_that_is_not_there_is_told),
		WORLD(what_has_nothing_to_read_is_named),
		WORLD(the_same_files_are_the_same_stream),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
