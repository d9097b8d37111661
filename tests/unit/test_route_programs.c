/* Routes by programs that are not there, fail, lie or hang. */

#include "lib/test.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/scratch.h"
#include "route/route.h"

#define ANN "ann@a.test"

static struct scratch scratch;
static char *file;
static struct bk_err err;

static int set_up(void **state)
{
	(void)state;
	scratch_make(&scratch);
	file = bk_asprintf("%s/transport", scratch.path);
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

static struct bk_route *opened(struct bk_route_config config)
{
	struct bk_route *route = NULL;

	if (bk_route_open(&route, &config, &err) < 0)
		fail_msg("%s", err.text);
	return route;
}

static void file_is(const char *want)
{
	char *text = scratch_text(&scratch, "transport");

	assert_non_null(text);
	assert_string_equal(text, want);
	free(text);
}

/* A program of /bin/sh in the scratch folder. */
static char *program(const char *name, const char *text)
{
	char *path = bk_asprintf("%s/%s", scratch.path, name);
	char *all = bk_asprintf("#!/bin/sh\n%s\n", text);

	scratch_file(&scratch, name, all);
	assert_int_equal(chmod(path, 0700), 0);
	free(all);
	return path;
}

static struct bk_route_config transport(const char *postmap)
{
	return (struct bk_route_config){
		.name = "mail",
		.type = "postfix-transport",
		.file = file,
		.source = "lmtp:a",
		.destination = "lmtp:b",
		.command = postmap,
		.config = scratch.path,
		.timeout_ms = 500,
	};
}

static void without_postmap_nothing_is_said_to_be_in_force(void **state)
{
	(void)state;
	scratch_file(&scratch, "transport", "# none");
	struct bk_route *route = opened(transport("/nowhere/postmap"));
	assert_int_equal(bk_route_hold(route, ANN, "x", &err), -1);
	assert_int_equal(err.kind, BK_MISUSE);
	assert_non_null(strstr(err.text, "/nowhere/postmap"));
	assert_int_equal(bk_route_back(route, ANN, "none", &err), -1);
	file_is("# none");
	bk_route_close(route);
}

static void a_postmap_that_fails_is_quoted(void **state)
{
	char *postmap = program("postmap", "echo fatal: no room >&2; exit 1");

	(void)state;
	scratch_file(&scratch, "transport", "");
	struct bk_route *route = opened(transport(postmap));
	assert_int_equal(bk_route_hold(route, ANN, "x", &err), -1);
	assert_int_equal(err.kind, BK_FAILED);
	assert_non_null(
		strstr(err.text, "ended with status 1: fatal: no room"));
	bk_route_close(route);
	free(postmap);
}

/* It ends well, but the map says something else. */
static void a_postmap_that_lies_is_found_out(void **state)
{
	char *postmap = program("postmap", "echo lmtp:elsewhere");

	(void)state;
	scratch_file(&scratch, "transport", "");
	struct bk_route *route = opened(transport(postmap));
	assert_int_equal(bk_route_hold(route, ANN, "x", &err), -1);
	assert_int_equal(err.kind, BK_FAILED);
	assert_non_null(strstr(err.text, "does not say what"));
	bk_route_close(route);
	free(postmap);
}

static struct bk_route_config command(const char *path)
{
	return (struct bk_route_config){
		.name = "ours",
		.type = "command",
		.command = path,
		.source = "mx1",
		.destination = "mx2",
		.timeout_ms = 500,
	};
}

/* With what it leaves running. */
static void a_command_that_hangs_is_ended(void **state)
{
	char *path = program("hangs", "sleep 60 & echo $! >child; sleep 60");
	time_t begun = time(NULL);

	(void)state;
	assert_int_equal(chdir(scratch.path), 0);
	struct bk_route *route = opened(command(path));
	assert_int_equal(bk_route_hold(route, ANN, "x", &err), -1);
	assert_int_equal(err.kind, BK_LOST);
	assert_true(time(NULL) - begun < 20);
	char *pid = scratch_text(&scratch, "child");
	while (kill((pid_t)strtoll(pid, NULL, 10), 0) == 0 &&
	       time(NULL) - begun < 20)
		(void)usleep(10000);
	assert_true(time(NULL) - begun < 20);
	free(pid);
	bk_route_close(route);
	free(path);
}

static void a_command_gets_each_word_by_itself(void **state)
{
	char *path = program("ours",
			     "{ for w; do echo \"<$w>\"; done; } >args\n"
			     "env >env\n"
			     "echo held; echo 'a b%*c'");
	struct bk_arena arena = {0};
	enum bk_route_state now;
	const char *saved = NULL;

	(void)state;
	setenv("BK_PASSWORD_FD", "3", 1);
	setenv("SECRET", "hunter2", 1);
	assert_int_equal(chdir(scratch.path), 0);
	struct bk_route *route = opened(command(path));
	assert_int_equal(bk_route_look(route, "a$(x)'\"@a.test", &arena, &now,
				       &saved, &err),
			 0);
	assert_int_equal(now, BK_ROUTE_HELD);
	char *args = scratch_text(&scratch, "args");
	assert_string_equal(args, "<look>\n<a$(x)'\"@a.test>\n<mx1>\n<mx2>\n");
	free(args);
	assert_int_equal(bk_route_back(route, ANN, saved, &err), 0);
	args = scratch_text(&scratch, "args");
	assert_string_equal(args, "<back>\n<ann@a.test>\n<a b%*c>\n");
	free(args);
	char *env = scratch_text(&scratch, "env");
	assert_null(strstr(env, "hunter2"));
	assert_null(strstr(env, "BK_"));
	free(env);
	assert_int_equal(
		bk_route_point(route, ANN, BK_ROUTE_TO_DESTINATION, &err), 0);
	args = scratch_text(&scratch, "args");
	assert_string_equal(args,
			    "<point>\n<ann@a.test>\n<destination>\n<mx2>\n");
	free(args);
	bk_arena_clear(&arena);
	bk_route_close(route);
	free(path);
}

static void a_command_says_by_its_status_what_to_do(void **state)
{
	static const struct {
		const char *text;
		enum bk_kind kind;
	} ends[] = {
		{"exit 1",			     BK_FAILED },
		{"exit 3",			     BK_REFUSED},
		{"exit 75",			    BK_BUSY   },
		{"kill -9 $$",                         BK_LOST   },
		{"yes",				BK_CORRUPT},
		{"printf 'a\\033[1mb\\n' >&2; exit 9", BK_FAILED },
	};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		char *path = program("ours", ends[i].text);
		struct bk_route *route = opened(command(path));
		err = (struct bk_err){0};
		assert_int_equal(bk_route_hold(route, ANN, "x", &err), -1);
		assert_int_equal(err.kind, ends[i].kind);
		assert_null(strchr(err.text, '\033'));
		assert_int_equal(bk_route_kick(route, ANN, &err),
				 ends[i].kind == BK_REFUSED ? 0 : -1);
		bk_route_close(route);
		free(path);
	}
}

static void a_look_that_makes_no_sense_is_a_failure(void **state)
{
	char *path = program("ours", "echo sourced");
	struct bk_arena arena = {0};
	enum bk_route_state now;

	(void)state;
	struct bk_route *route = opened(command(path));
	assert_int_equal(bk_route_look(route, ANN, &arena, &now, NULL, &err),
			 -1);
	assert_non_null(strstr(err.text, "printed 'sourced"));
	err = (struct bk_err){0};
	assert_int_equal(bk_route_hold(route, "-ann@a.test", "x", &err), -1);
	assert_int_equal(err.kind, BK_REFUSED);
	bk_arena_clear(&arena);
	bk_route_close(route);
	free(path);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		TEST(without_postmap_nothing_is_said_to_be_in_force),
		TEST(a_postmap_that_fails_is_quoted),
		TEST(a_postmap_that_lies_is_found_out),
		TEST(a_command_that_hangs_is_ended),
		TEST(a_command_gets_each_word_by_itself),
		TEST(a_command_says_by_its_status_what_to_do),
		TEST(a_look_that_makes_no_sense_is_a_failure),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
