/* Owners and modes, set by one who may not give files away. */

#include "lib/test.h"

#include <archive_entry.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/scratch.h"
#include "store/tree_marks.h"

#define NOBODY 65534

static struct scratch scratch;
static struct bk_err err;
static int fd = -1;

/* A file of somebody's who is not root, and whom the rest is done as. */
static int begin(void **state)
{
	(void)state;
	err = (struct bk_err){0};
	scratch_make(&scratch);
	scratch_file(&scratch, "file", "x");
	fd = openat(scratch.dir, "file", O_RDWR | O_CLOEXEC);
	assert_true(fd >= 0);
	if (geteuid() != 0)
		return 0;
	assert_int_equal(fchown(fd, NOBODY, NOBODY), 0);
	assert_int_equal(setegid(NOBODY), 0);
	assert_int_equal(seteuid(NOBODY), 0);
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (getuid() == 0) {
		assert_int_equal(seteuid(0), 0);
		assert_int_equal(setegid(0), 0);
	}
	(void)close(fd);
	scratch_drop(&scratch);
	return 0;
}

/* What the file's mode is then. */
static mode_t set(int64_t uid, int64_t gid, mode_t mode, int rc)
{
	struct bk_tree_owners *owners = bk_tree_owners_new();
	struct bk_tree_entry entry = {
		.type = BK_TREE_FILE,
		.uid = uid,
		.gid = gid,
		.mode = mode,
		.about = archive_entry_new(),
	};
	struct stat st;

	assert_int_equal(bk_tree_marks_set(fd, &entry, owners, &err), rc);
	archive_entry_free(entry.about);
	bk_tree_owners_free(owners);
	assert_int_equal(fstat(fd, &st), 0);
	return st.st_mode & 07777;
}

static void a_set_id_bit_is_not_for_another_owner(void **state)
{
	(void)state;
	assert_int_equal(set(geteuid() + 1, getegid(), 04755, -1), 0755);
	assert_int_equal(err.kind, BK_REFUSED);
}

static void nor_for_another_group(void **state)
{
	(void)state;
	assert_int_equal(set(geteuid(), getegid() + 1, 06755, -1), 0755);
	assert_int_equal(err.kind, BK_REFUSED);
}

static void its_own_owner_has_it_back(void **state)
{
	(void)state;
	assert_int_equal(set(geteuid(), getegid(), 06755, 0), 06755);
}

static void without_one_another_owner_is_no_fault(void **state)
{
	(void)state;
	assert_int_equal(set(geteuid() + 1, getegid() + 1, 01755, 0), 01755);
}

#define WORLD(test) cmocka_unit_test_setup_teardown(test, begin, end)

int main(void)
{
	const struct CMUnitTest tests[] = {
		WORLD(a_set_id_bit_is_not_for_another_owner),
		WORLD(nor_for_another_group),
		WORLD(its_own_owner_has_it_back),
		WORLD(without_one_another_owner_is_no_fault),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
