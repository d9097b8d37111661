/* Routes on files and programs that are in a bad way: whatever happens, the
 * file is as it was or as it was to be, and nobody else's line changes. */

#include "lib/test.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/scratch.h"
#include "route/route.h"

#define ANN     "ann@a.test"
#define SOURCE  "proxy=y host=10.0.0.1"
#define THERE   "proxy=y host=10.0.0.2"
#define THREADS 4
#define EACH    12

static struct scratch scratch;
static char *file;
static struct bk_err err;

static int set_up(void **state)
{
	(void)state;
	scratch_make(&scratch);
	file = bk_asprintf("%s/users", scratch.path);
	err = (struct bk_err){0};
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	free(file);
	scratch_drop(&scratch);
	return 0;
}

static struct bk_route_config passwd(void)
{
	return (struct bk_route_config){
		.name = "front",
		.type = "dovecot-passwd",
		.file = file,
		.source = SOURCE,
		.destination = THERE,
	};
}

static struct bk_route *opened(struct bk_route_config config)
{
	struct bk_route *route = NULL;

	if (bk_route_open(&route, &config, &err) < 0)
		fail_msg("%s", err.text);
	return route;
}

static void file_is(const char *want)
{
	char *text = scratch_text(&scratch, "users");

	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

static enum bk_route_state state_of(struct bk_route *route, const char *address)
{
	enum bk_route_state state = BK_ROUTE_OTHER;
	struct bk_arena arena = {0};

	err = (struct bk_err){0};
	if (bk_route_look(route, address, &arena, &state, NULL, &err) < 0)
		fail_msg("%s", err.text);
	bk_arena_clear(&arena);
	return state;
}

static const char lines[] =
	"# ann@a.test:x::::::\n"
	"ann@a.test.org:pw::::::\n"
	"ann@a.test:{SHA}q%::::::" SOURCE
	" a=1\n"
	"\n"
	"ann@a.test:second\n"
	"bob@b.test:pw";

static void only_the_first_line_of_the_account_changes(void **state)
{
	struct stat st;

	(void)state;
	scratch_file(&scratch, "users", lines);
	assert_int_equal(chmod(file, 0640), 0);
	struct bk_route *route = opened(passwd());
	assert_int_equal(state_of(route, ANN), BK_ROUTE_SOURCE);
	assert_int_equal(
		bk_route_point(route, ANN, BK_ROUTE_TO_DESTINATION, &err), 0);
	file_is("# ann@a.test:x::::::\n"
		"ann@a.test.org:pw::::::\n"
		"ann@a.test:{SHA}q%::::::" THERE
		" a=1\n"
		"\n"
		"ann@a.test:second\n"
		"bob@b.test:pw");
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	assert_int_equal(state_of(route, ANN), BK_ROUTE_DESTINATION);
	/* The last line has no line end, and fewer fields than it may. */
	assert_int_equal(state_of(route, "bob@b.test"), BK_ROUTE_NONE);
	bk_route_close(route);
}

static void a_short_line_is_short_again(void **state)
{
	struct bk_arena arena = {0};
	enum bk_route_state was;
	const char *saved = NULL;

	(void)state;
	scratch_file(&scratch, "users", lines);
	struct bk_route *route = opened(passwd());
	assert_int_equal(
		bk_route_look(route, "bob@b.test", &arena, &was, &saved, &err),
		0);
	assert_int_equal(bk_route_hold(route, "bob@b.test", "moving", &err), 0);
	assert_int_equal(state_of(route, "bob@b.test"), BK_ROUTE_HELD);
	assert_int_equal(bk_route_back(route, "bob@b.test", saved, &err), 0);
	file_is(lines);
	bk_arena_clear(&arena);
	bk_route_close(route);
}

/* Each of them could change the line of somebody else. */
static void addresses_that_could_break_out_are_refused(void **state)
{
	static const char *const bad[] = {
		"ann@a.test:x",   "ann a@a.test",   "ann@a.test\nroot:x@a.test",
		"ann\t@a.test",   "#ann@a.test",    "ann",
		"@a.test",        "ann@",           "",
		"ann\xff@a.test", "ann\x01@a.test", "ann\x7f@a.test",
	};

	(void)state;
	scratch_file(&scratch, "users", lines);
	struct bk_route *route = opened(passwd());
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		err = (struct bk_err){0};
		assert_int_equal(bk_route_hold(route, bad[i], "x", &err), -1);
		assert_int_equal(err.kind, BK_REFUSED);
	}
	file_is(lines);
	bk_route_close(route);
}

static void unicode_is_a_name_like_any_other(void **state)
{
	(void)state;
	scratch_file(&scratch, "users", "\xc3\xa4nn@a.test:pw\n");
	struct bk_route *route = opened(passwd());
	assert_int_equal(bk_route_point(route, "\xc3\xa4nn@a.test",
					BK_ROUTE_TO_SOURCE, &err),
			 0);
	file_is("\xc3\xa4nn@a.test:pw::::::" SOURCE "\n");
	bk_route_close(route);
}

static void an_account_may_have_another_name_there(void **state)
{
	struct bk_route_config config = passwd();

	(void)state;
	scratch_file(&scratch, "users", "ann:pw\nann@a.test:pw\nBob:pw\n");
	config.account = "%n";
	struct bk_route *route = opened(config);
	assert_int_equal(bk_route_point(route, ANN, BK_ROUTE_TO_SOURCE, &err),
			 0);
	/* In other capitals only where there is no such line. */
	assert_int_equal(
		bk_route_point(route, "bob@a.test", BK_ROUTE_TO_SOURCE, &err),
		0);
	file_is("ann:pw::::::" SOURCE "\nann@a.test:pw\nBob:pw::::::" SOURCE
		"\n");
	bk_route_close(route);
}

static void an_account_without_a_line_is_told(void **state)
{
	(void)state;
	scratch_file(&scratch, "users", lines);
	struct bk_route *route = opened(passwd());
	assert_int_equal(bk_route_hold(route, "nobody@a.test", "x", &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	assert_non_null(strstr(err.text,
			       "route front: nobody@a.test: has no "
			       "line in"));
	bk_route_close(route);
}

/* Reasons come from the administrator, and go into a protocol. */
static void a_reason_stays_one_line(void **state)
{
	(void)state;
	scratch_file(&scratch, "users", "ann@a.test:pw\n");
	struct bk_route *route = opened(passwd());
	assert_int_equal(bk_route_hold(route, ANN, "a\nroot:x\r\xc3\xa4", &err),
			 0);
	char *text = scratch_text(&scratch, "users");
	assert_non_null(strstr(text, "reason=a?root:x??? "));
	assert_ptr_equal(strchr(text, '\n'), text + strlen(text) - 1);
	free(text);
	assert_int_equal(bk_route_hold(route, ANN, " \ta b \n", &err), 0);
	text = scratch_text(&scratch, "users");
	assert_non_null(strstr(text, "reason=a\tb "));
	free(text);
	assert_int_equal(bk_route_hold(route, ANN, " ", &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	bk_route_close(route);
}

static void a_link_stays_and_what_it_leads_to_is_changed(void **state)
{
	struct stat st;

	(void)state;
	scratch_dir(&scratch, "elsewhere");
	scratch_file(&scratch, "elsewhere/real", "ann@a.test:pw\n");
	scratch_link(&scratch, "users", "elsewhere/real");
	struct bk_route *route = opened(passwd());
	assert_int_equal(bk_route_point(route, ANN, BK_ROUTE_TO_SOURCE, &err),
			 0);
	assert_int_equal(lstat(file, &st), 0);
	assert_true(S_ISLNK(st.st_mode));
	file_is("ann@a.test:pw::::::" SOURCE "\n");
	if (geteuid() == 0) {
		assert_int_equal(lchown(file, 65534, 65534), 0);
		assert_int_equal(bk_route_point(route, ANN,
						BK_ROUTE_TO_DESTINATION, &err),
				 -1);
		assert_int_equal(err.kind, BK_DENIED);
		file_is("ann@a.test:pw::::::" SOURCE "\n");
	}
	bk_route_close(route);
}

static void what_is_no_file_is_refused(void **state)
{
	struct bk_route_config config = passwd();
	struct bk_route *route = NULL;

	(void)state;
	assert_int_equal(bk_route_open(&route, &config, &err), -1);
	assert_int_equal(err.kind, BK_GONE);
	scratch_dir(&scratch, "users");
	err = (struct bk_err){0};
	assert_int_equal(bk_route_open(&route, &config, &err), -1);
	assert_int_equal(err.kind, BK_REFUSED);
}

/* The file system takes no more than so many bytes of a file. */
static void a_full_disk_loses_nothing(void **state)
{
	struct rlimit was, small;

	(void)state;
	scratch_file(&scratch, "users", lines);
	struct bk_route *route = opened(passwd());
	(void)signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 60;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	int rc = bk_route_hold(route, ANN, "moving", &err);
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_equal(rc, -1);
	file_is(lines);
	assert_false(scratch_has(&scratch, "users.part"));
	bk_route_close(route);
}

/* ---- many at a time ---- */

static void *hold_some(void *number)
{
	struct bk_route_config config = passwd();
	struct bk_route *route = NULL;
	struct bk_err own = {0};
	int first = *(int *)number * EACH;

	int rc = bk_route_open(&route, &config, &own);
	for (int i = first; rc == 0 && i < first + EACH; i++) {
		char address[32];
		(void)snprintf(address, sizeof(address), "u%d@a.test", i);
		rc = bk_route_hold(route, address, "moving", &own);
	}
	bk_route_close(route);
	return rc < 0 ? number : NULL;
}

static void two_at_a_time_lose_nothing_of_each_other(void **state)
{
	struct bk_buf text = {0};
	pthread_t threads[THREADS];
	int numbers[THREADS];
	void *failed = NULL;

	(void)state;
	for (int i = 0; i < THREADS * EACH; i++)
		bk_buf_printf(&text, "u%d@a.test:pw::::::" SOURCE "\n", i);
	scratch_file(&scratch, "users", bk_buf_text(&text));
	bk_buf_clear(&text);
	for (int i = 0; i < THREADS; i++) {
		numbers[i] = i;
		assert_int_equal(pthread_create(&threads[i], NULL, hold_some,
						&numbers[i]),
				 0);
	}
	for (int i = 0; i < THREADS; i++) {
		assert_int_equal(pthread_join(threads[i], &failed), 0);
		assert_null(failed);
	}
	struct bk_route *route = opened(passwd());
	for (int i = 0; i < THREADS * EACH; i++) {
		char address[32];
		(void)snprintf(address, sizeof(address), "u%d@a.test", i);
		assert_int_equal(state_of(route, address), BK_ROUTE_HELD);
	}
	bk_route_close(route);
}

/* Dovecot looks at the second and the size. */
static void each_change_has_a_second_of_its_own(void **state)
{
	struct stat before, after;

	(void)state;
	scratch_file(&scratch, "users", "ann@a.test:pw::::::" SOURCE "\n");
	struct bk_route *route = opened(passwd());
	for (int i = 0; i < 6; i++) {
		assert_int_equal(stat(file, &before), 0);
		assert_int_equal(bk_route_point(route, ANN,
						i % 2 ? BK_ROUTE_TO_SOURCE
						      : BK_ROUTE_TO_DESTINATION,
						&err),
				 0);
		assert_int_equal(stat(file, &after), 0);
		assert_int_equal(before.st_size, after.st_size);
		assert_true(after.st_mtime > before.st_mtime);
	}
	bk_route_close(route);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(only_the_first_line_of_the_account_changes),
		TEST(a_short_line_is_short_again),
		TEST(addresses_that_could_break_out_are_refused),
		TEST(unicode_is_a_name_like_any_other),
		TEST(an_account_may_have_another_name_there),
		TEST(an_account_without_a_line_is_told),
		TEST(a_reason_stays_one_line),
		TEST(a_link_stays_and_what_it_leads_to_is_changed),
		TEST(what_is_no_file_is_refused),
		TEST(a_full_disk_loses_nothing),
		TEST(two_at_a_time_lose_nothing_of_each_other),
		TEST(each_change_has_a_second_of_its_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
