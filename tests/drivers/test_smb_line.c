/*
 * A line between us and an SMB server that breaks, stalls and lies, at many
 * bytes: never is a blob half there, never are other bytes got, and never is a
 * list cut short.  Beside the settings of tests/lib/targets.sh:
 *
 *	BK_TEST_SMB_LINE_URL    the way through the proxy
 *	BK_TEST_SMB_LINE_FAULT  the file that says what goes wrong there
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "lib/smb_place.h"

#define SIZE ((size_t)2500000)

static uint8_t content[SIZE];

/* From the next connection on. */
static void set_fault(const char *rule)
{
	const char *path = getenv("BK_TEST_SMB_LINE_FAULT");
	char *fresh = bk_asprintf("%s.new", path);
	FILE *file = fopen(fresh, "we");

	assert_non_null(file);
	assert_true(fprintf(file, "%s\n", rule) > 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(rename(fresh, path), 0);
	free(fresh);
}

/* Did it go wrong?  A test that breaks nothing proves nothing. */
static bool struck(void)
{
	const char *path = getenv("BK_TEST_SMB_LINE_FAULT");
	char *beside = bk_asprintf("%.*sstruck", (int)(strlen(path) - 5), path);
	FILE *file = fopen(beside, "re");
	bool any = file && fgetc(file) != EOF;

	if (file)
		(void)fclose(file);
	(void)unlink(beside);
	free(beside);
	return any;
}

static bool is_content(const struct bk_buf *got)
{
	return got->len == SIZE && memcmp(got->data, content, SIZE) == 0;
}

/* What a broken line may be called: nothing that means that a name is not
 * there, or is. */
static void assert_line_failed(const char *rule)
{
	if (smb_err.kind != BK_LOST && smb_err.kind != BK_DENIED)
		fail_msg("%s: kind %d: %s", rule, (int)smb_err.kind,
			 smb_err.text);
	smb_err = (struct bk_err){0};
}

/* Puts, gets and lists over the line; what worked must be true. */
static void use_line(struct bk_target *line, struct bk_target *direct,
		     const char *rule)
{
	struct bk_view bytes = {content, SIZE};
	struct bk_blob_list list = {0};
	struct bk_buf got = {0};

	int rc = bk_target_put(line, "data/x", bytes, &smb_err);
	if (rc < 0)
		assert_line_failed(rule);
	if (bk_target_list(line, "", &list, &smb_err) < 0)
		assert_line_failed(rule);
	else if (rc == 0 && list.n != 2)
		fail_msg("%s: %zu names", rule, list.n);
	if (bk_target_read(line, "bkrepo", 0, SIZE, &got, &smb_err) < 0)
		assert_line_failed(rule);
	else if (!is_content(&got))
		fail_msg("%s: other bytes", rule);
	smb_done(bk_target_list(direct, "data", &list, &smb_err));
	if (rc == 0 && list.n != 1)
		fail_msg("%s: %zu blobs after a put", rule, list.n);
	if (list.n) {
		smb_done(bk_target_read(direct, "data/x", 0, SIZE, &got,
					&smb_err));
		if (!is_content(&got) || list.items[0].size != SIZE)
			fail_msg("%s: not what was put", rule);
		smb_done(bk_target_remove(direct, "data/x", &smb_err));
	}
	bk_blob_list_clear(&list);
	bk_buf_clear(&got);
}

/* The line is as good as ever afterwards. */
static void break_line(struct bk_target *direct, const char *rule)
{
	struct bk_target *line = NULL;
	time_t before = time(NULL);

	set_fault(rule);
	if (smb_open_at(&line, "BK_TEST_SMB_LINE_URL", false) < 0)
		assert_line_failed(rule);
	else
		use_line(line, direct, rule);
	bk_target_close(line);
	if (!struck())
		fail_msg("%s: nothing went wrong", rule);
	/* Each of open, put, list and get may wait for the time-out. */
	assert_true(time(NULL) - before <= 4 * (SMB_TIMEOUT_S + 5));
	set_fault("none");
	smb_done(smb_open_at(&line, "BK_TEST_SMB_LINE_URL", false));
	use_line(line, direct, "none");
	bk_target_close(line);
}

static void break_at(const char *const *what, const unsigned *bytes, size_t n)
{
	struct bk_target *direct = smb_opened("BK_TEST_SMB_URL");
	struct bk_view all = {content, SIZE};
	char rule[40];

	for (size_t i = 0; i < SIZE; i++)
		content[i] = (uint8_t)(i * 2654435761u >> 13);
	smb_done(bk_target_put(direct, "bkrepo", all, &smb_err));
	for (; *what; what++) {
		for (size_t i = 0; i < n; i++) {
			(void)snprintf(rule, sizeof(rule), "%s %u 1", *what,
				       bytes[i]);
			break_line(direct, rule);
		}
	}
	bk_target_close(direct);
}

#define BREAK(what, bytes)                                                     \
	break_at(what, bytes, sizeof(bytes) / sizeof((bytes)[0]))

static void a_line_that_is_cut(void **state)
{
	static const char *const what[] = {"cut", "down-cut", NULL};
	static const unsigned at[] = {0,    100,   1000,    3000,
				      6000, 20000, 1000000, 2500600};

	(void)state;
	BREAK(what, at);
}

static void a_line_that_is_reset(void **state)
{
	static const char *const what[] = {"reset", "down-reset", NULL};
	static const unsigned at[] = {0, 500, 2500, 5000, 50000, 1500000};

	(void)state;
	BREAK(what, at);
}

static void a_line_that_flips_a_bit(void **state)
{
	static const char *const what[] = {"flip", "down-flip", NULL};
	static const unsigned at[] = {150,  700,   1200,    2000,
				      4000, 30000, 1200000, 2400000};

	(void)state;
	BREAK(what, at);
}

static void a_line_that_stalls(void **state)
{
	static const char *const what[] = {"stall", "down-stall", NULL};
	static const unsigned at[] = {1000, 500000};

	(void)state;
	BREAK(what, at);
}

#define CASE(test) cmocka_unit_test_setup(test, smb_place_new)

int main(void)
{
	const struct CMUnitTest tests[] = {
		CASE(a_line_that_is_cut),
		CASE(a_line_that_is_reset),
		CASE(a_line_that_flips_a_bit),
		CASE(a_line_that_stalls),
	};

	if (!getenv("BK_TEST_SMB_LINE_URL")) {
		(void)printf("1..0 # SKIP BK_TEST_SMB_LINE_URL is not set\n");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
