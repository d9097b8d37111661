/* What a standby remembers of the messages that bk brought. */

#include "lib/test.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "job/standby_state.h"

#define MANY 400 /* of which three quarters are more than may idle */

struct place {
	char path[32];
	struct bk_standby_state state;
	struct bk_err err;
};

static int make_place(void **state)
{
	struct place *p = calloc(1, sizeof(*p));

	strcpy(p->path, "/tmp/bk-roll.XXXXXX");
	assert_non_null(mkdtemp(p->path));
	p->state.folder = bk_strdup(p->path);
	assert_int_equal(bk_standby_state_save(&p->state, &p->err), 0);
	*state = p;
	return 0;
}

static int drop_place(void **state)
{
	struct place *p = *state;
	char *command = bk_asprintf("rm -r '%s'", p->path);

	bk_standby_state_clear(&p->state);
	int rc = system(command); /* NOLINT: a test's own folder */
	free(command);
	free(p);
	return rc;
}

static const char *name_of(unsigned i)
{
	static char name[32];

	(void)snprintf(name, sizeof(name), "%u.M%uP1.mx", 1000 + i, i);
	return name;
}

/* Those from `first` on, before `end`. */
static struct bk_standby_roll roll_of(unsigned first, unsigned end)
{
	struct bk_standby_roll roll = {0};

	for (unsigned i = end; i > first; i--)
		bk_standby_roll_add(&roll, name_of(i - 1));
	return roll;
}

static void read_roll(struct place *p, struct bk_standby_roll *out)
{
	assert_int_equal(
		bk_standby_roll_read(out, &p->state, "ann", "INBOX", &p->err),
		0);
}

static void write_roll(struct place *p, unsigned first, unsigned end)
{
	struct bk_standby_roll roll = roll_of(first, end);

	assert_int_equal(bk_standby_roll_write(&roll, &p->state, "ann", "INBOX",
					       &p->err),
			 0);
	bk_standby_roll_clear(&roll);
}

/* What extending it says. */
static int extend(struct place *p, unsigned first, unsigned end)
{
	struct bk_standby_roll roll = roll_of(first, end), read;

	read_roll(p, &read);
	int rc = bk_standby_roll_extend(&roll, &read, &p->state, "ann", "INBOX",
					&p->err);
	bk_standby_roll_clear(&roll);
	bk_standby_roll_clear(&read);
	return rc;
}

static bool has(struct place *p, unsigned i)
{
	struct bk_standby_roll read;

	read_roll(p, &read);
	bool found = bk_standby_roll_has(&read, name_of(i));
	bk_standby_roll_clear(&read);
	return found;
}

static size_t size(struct place *p)
{
	struct bk_standby_roll read;

	read_roll(p, &read);
	size_t n = read.n;
	bk_standby_roll_clear(&read);
	return n;
}

/* The only roll that there is; the caller's. */
static char *file_of(const struct place *p)
{
	char *rolls = bk_asprintf("%s/rolls", p->path), *path = NULL;
	DIR *dir = opendir(rolls);
	const struct dirent *entry = NULL;

	assert_non_null(dir);
	while ((entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			path = bk_asprintf("%s/%s", rolls, entry->d_name);
	(void)closedir(dir);
	free(rolls);
	assert_non_null(path);
	return path;
}

static ino_t inode(const struct place *p)
{
	char *path = file_of(p);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	free(path);
	return st.st_ino;
}

static void cut(const struct place *p, off_t bytes)
{
	char *path = file_of(p);
	struct stat st;

	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(truncate(path, st.st_size - bytes), 0);
	free(path);
}

/* ---- */

static void what_comes_is_added_at_its_end(void **state)
{
	struct place *p = *state;

	write_roll(p, 0, MANY);
	ino_t was = inode(p);
	assert_int_equal(extend(p, 1, MANY + 2), 1);
	assert_int_equal(inode(p), was);
	assert_int_equal(size(p), MANY + 2);
	assert_true(has(p, MANY + 1));
	assert_true(has(p, 1));
}

static void nothing_is_written_where_it_says_it_all(void **state)
{
	struct place *p = *state;

	write_roll(p, 0, MANY);
	ino_t was = inode(p);
	assert_int_equal(extend(p, 0, MANY), 0);
	assert_int_equal(extend(p, 5, MANY), 0);
	assert_int_equal(inode(p), was);
}

/* A message that comes again under its old name would be taken for ours. */
static void what_is_gone_does_not_stay_for_ever(void **state)
{
	struct place *p = *state;

	write_roll(p, 0, MANY);
	assert_int_equal(extend(p, MANY / 4 * 3, MANY), 0);
	assert_int_equal(size(p), MANY / 4);
	assert_false(has(p, 0));
	assert_true(has(p, MANY - 1));
}

/* A crash may leave any part of what was added. */
static void one_that_is_cut_off_says_what_it_said(void **state)
{
	struct place *p = *state;

	for (off_t bytes = 1; bytes <= 16; bytes++) {
		write_roll(p, 0, MANY);
		assert_int_equal(extend(p, 0, MANY + 2), 1);
		cut(p, bytes);
		for (unsigned i = 0; i < MANY; i++)
			assert_true(has(p, i));
		/* What is added next lies where it can be read. */
		assert_true(extend(p, 0, MANY + 3) >= 0);
		assert_int_equal(size(p), MANY + 3);
		assert_true(has(p, MANY + 2));
	}
}

static void one_that_is_not_there_or_damaged_is_written(void **state)
{
	struct place *p = *state;

	assert_int_equal(extend(p, 0, 0), 0);
	assert_int_equal(extend(p, 0, 3), 0);
	assert_int_equal(size(p), 3);
	cut(p, 3 * 8 + 1);
	assert_int_equal(size(p), 0);
	assert_int_equal(extend(p, 0, 3), 0);
	assert_int_equal(size(p), 3);
}

static void those_that_are_loose_are_settled(void **state)
{
	struct place *p = *state;
	const unsigned counts[] = {1, 100};

	for (size_t k = 0; k < 2; k++) {
		for (unsigned i = 0; i < counts[k]; i++) {
			struct bk_standby_roll roll = roll_of(0, 2);
			struct bk_standby_folder *folder = bk_standby_state_add(
				&p->state, "ann", name_of(i));
			assert_int_equal(
				bk_standby_roll_write(&roll, &p->state, "ann",
						      name_of(i), &p->err),
				0);
			folder->loose = true;
			bk_standby_roll_clear(&roll);
		}
		assert_int_equal(bk_standby_rolls_settle(&p->state, &p->err),
				 0);
		for (size_t i = 0; i < p->state.n; i++)
			assert_false(p->state.items[i].loose);
	}
	/* One that is gone cannot be. */
	bk_standby_roll_remove(&p->state, "ann", name_of(0));
	p->state.items[0].loose = true;
	assert_int_equal(bk_standby_rolls_settle(&p->state, &p->err), -1);
}

int main(void)
{
#define PLACE(t) cmocka_unit_test_setup_teardown(t, make_place, drop_place)
	const struct CMUnitTest tests[] = {
		PLACE(what_comes_is_added_at_its_end),
		PLACE(nothing_is_written_where_it_says_it_all),
		PLACE(what_is_gone_does_not_stay_for_ever),
		PLACE(one_that_is_cut_off_says_what_it_said),
		PLACE(one_that_is_not_there_or_damaged_is_written),
		PLACE(those_that_are_loose_are_settled),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
