/*
 * A real Dovecot and the Maildir driver read what the other has written: mail
 * made over IMAP is copied from one account to another by the driver, and over
 * IMAP both must look alike, in every layout.  Dovecot must not complain.
 */

#include "lib/test.h"

#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/scratch.h"
#include "store/store.h"

#define GAP 100000

extern char **environ;

static const struct layout {
	const char *location, *path, *control, *index, *layout;
} layouts[] = {
	{"maildir:~/Maildir",                           "mail/%d/%n/Maildir", NULL,           NULL,           NULL       },
	{"maildir:~/Maildir:LAYOUT=fs",                 "mail/%d/%n/Maildir", NULL,           NULL,           "fs"       },
	{"maildir:~/Maildir:UTF-8",                     "mail/%d/%n/Maildir", NULL,           NULL,           NULL       },
	{"maildir:~/m:CONTROL=~/c:INDEX=~/i",           "mail/%d/%n/m",       "mail/%d/%n/c",
	 "mail/%d/%n/i",										      "maildir++"},
	{"maildir:~/m:LAYOUT=fs:CONTROL=~/c:INDEX=~/i", "mail/%d/%n/m",
	 "mail/%d/%n/c",								      "mail/%d/%n/i", "fs"       },
};

static struct world {
	struct scratch scratch;
	char port[8];
	struct bk_store *store;
	struct bk_arena arena;
	struct bk_account_list accounts;
	struct bk_err err;
} w;

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, w.err.text);                 \
	} while (0)

/* ---- other programs ---- */

/* Its standard output goes to `out` in the scratch folder, its input comes
 * from fd `in` (-1: nothing). */
static pid_t start(const char *const argv[], const char *out, int in)
{
	posix_spawn_file_actions_t actions;
	pid_t pid = -1;
	int fd = openat(w.scratch.dir, out, O_WRONLY | O_CREAT | O_TRUNC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(posix_spawn_file_actions_init(&actions), 0);
	posix_spawn_file_actions_adddup2(&actions, fd, 1);
	if (in >= 0)
		posix_spawn_file_actions_adddup2(&actions, in, 0);
	else
		posix_spawn_file_actions_addopen(&actions, 0, "/dev/null",
						 O_RDONLY, 0);
	assert_int_equal(posix_spawnp(&pid, argv[0], &actions, NULL,
				      (char *const *)(uintptr_t)argv, environ),
			 0);
	posix_spawn_file_actions_destroy(&actions);
	close(fd);
	return pid;
}

static void wait_for(pid_t pid, const char *what)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (status != 0)
		fail_msg("%s ended with %d", what, status);
}

static void run(const char *out, const char *a, const char *b, const char *c,
		const char *d, const char *e)
{
	const char *argv[] = {a, b, c, d, e, NULL};

	wait_for(start(argv, out, -1), a);
}

static void server(const char *verb, const char *arg, const char *more)
{
	run("server.out", "tests/servers/dovecot", w.scratch.path, verb, arg,
	    more);
}

static void view(const char *account, const char *out)
{
	run(out, "tests/lib/imap_view.py", "take", w.port, account, NULL);
}

static void account_tool(const char *verb, const char *a, const char *b)
{
	run("tool.out", "tests/lib/dovecot_account.py", verb, w.port, a, b);
}

static void read_port(void)
{
	char *env = scratch_text(&w.scratch, "env");

	assert_non_null(env);
	assert_int_equal(sscanf(env, "IMAP=%7[0-9]", w.port), 1);
	free(env);
}

/* ---- the fixture ---- */

static const char *below(const char *path)
{
	if (!path)
		return NULL;
	char *full = bk_asprintf("%s/%s", w.scratch.path, path);
	const char *copy = bk_arena_strdup(&w.arena, full);
	free(full);
	return copy;
}

static int begin(void **state)
{
	const struct layout *layout = *state;
	struct bk_store_config config = {.type = "maildir", .writable = true};

	memset(&w, 0, sizeof(w));
	scratch_make(&w.scratch);
	server("new", layout->location, NULL);
	server("adduser", "ann@a.test", "bob@a.test");
	server("start", NULL, NULL);
	read_port();
	config.path = below(layout->path);
	config.control = below(layout->control);
	config.index = below(layout->index);
	config.layout = layout->layout;
	OK(bk_store_open(&w.store, &config, &w.err));
	return 0;
}

static int end(void **state)
{
	(void)state;
	server("stop", NULL, NULL);
	bk_account_list_clear(&w.accounts);
	bk_store_close(w.store);
	bk_arena_clear(&w.arena);
	scratch_drop(&w.scratch);
	return 0;
}

/* ---- the driver ---- */

static const struct bk_account *ann(void)
{
	OK(w.store->ops->accounts(w.store, &w.accounts, &w.err));
	assert_string_equal(w.accounts.items[0].address, "ann@a.test");
	return &w.accounts.items[0];
}

static void copy_message(const struct bk_account *from,
			 const struct bk_folder *folder, struct bk_message *msg,
			 struct bk_folder_writer *writer)
{
	struct bk_body body = BK_BODY((size_t)1 << 20);
	struct bk_sink *sink = NULL;

	OK(w.store->ops->fetch(w.store, from, folder, msg, &body, &w.err));
	OK(w.store->ops->append(writer, msg, &sink, &w.err));
	OK(sink->write(sink, body.bytes.data, body.bytes.len, &w.err));
	OK(w.store->ops->keep(writer, sink, msg, &w.err));
	bk_body_clear(&body);
}

static void copy_folder(const struct bk_account *from, struct bk_folder *folder,
			const struct bk_account *to)
{
	struct bk_message_list list = {0};
	struct bk_folder_writer *writer = NULL;
	struct bk_folder_result result = {0};

	OK(w.store->ops->scan(w.store, from, folder, &list, &w.err));
	OK(w.store->ops->begin(w.store, to, folder, GAP, &writer, &w.err));
	for (size_t i = 0; i < list.n; i++)
		copy_message(from, folder, &list.items[i], writer);
	OK(w.store->ops->finish(writer, &result, &w.err));
	assert_true(result.kept_uids);
	assert_string_equal(result.note, "");
	bk_message_list_clear(&list);
}

static void copy_account(void)
{
	const struct bk_account *from = ann();
	struct bk_folder_list folders = {0};
	struct bk_account to = {0};

	OK(w.store->ops->folders(w.store, from, &folders, &w.err));
	assert_int_equal(folders.n, 6);
	OK(w.store->ops->create_account(w.store, "bob@a.test", &w.arena, &to,
					&w.err));
	for (size_t i = 0; i < folders.n; i++)
		copy_folder(from, &folders.items[i], &to);
	OK(w.store->ops->finish_account(w.store, &to, from->settings,
					from->n_settings, &w.err));
	bk_folder_list_clear(&folders);
}

/* ---- what must hold ---- */

static void assert_alike(void)
{
	char before[80];
	char after[80];

	snprintf(before, sizeof(before), "%s/before", w.scratch.path);
	snprintf(after, sizeof(after), "%s/after", w.scratch.path);
	view("ann@a.test", "before");
	view("bob@a.test", "after");
	const char *argv[] = {"tests/lib/imap_view.py",
			      "compare",
			      "--account",
			      "ann@a.test=bob@a.test",
			      before,
			      after,
			      NULL};
	pid_t pid = start(argv, "compare.out", -1);
	int status = -1;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	char *said = scratch_text(&w.scratch, "compare.out");
	if (status != 0)
		fail_msg("%s", said);
	free(said);
}

static void assert_no_complaint(const char *but)
{
	char *log = scratch_text(&w.scratch, "log");

	assert_non_null(log);
	for (char *line = strtok(log, "\n"); line; line = strtok(NULL, "\n"))
		if ((strstr(line, "Error: ") || strstr(line, "Warning: ") ||
		     strstr(line, "Panic: ")) &&
		    (!but || !strstr(line, but)))
			fail_msg("%s", line);
	free(log);
}

static void a_copied_account_looks_the_same_over_imap(void **state)
{
	(void)state;
	account_tool("fill", "ann@a.test", NULL);
	copy_account();
	assert_alike();
	account_tool("resync", "ann@a.test", "bob@a.test");
	assert_no_complaint(NULL);
}

/* The account is in use: its folders are there, empty, and one is open. */
static void an_account_in_use_looks_the_same_afterwards(void **state)
{
	const char *argv[] = {"tests/lib/dovecot_account.py", "watch", w.port,
			      "bob@a.test", NULL};
	int pipes[2];

	(void)state;
	account_tool("fill", "ann@a.test", NULL);
	view("bob@a.test", "early");
	assert_int_equal(pipe2(pipes, O_CLOEXEC), 0);
	pid_t client = start(argv, "watch.out", pipes[0]);
	close(pipes[0]);
	for (int i = 0; i < 500; i++) {
		char *said = scratch_text(&w.scratch, "watch.out");
		bool ready = said && strstr(said, "ready");
		free(said);
		if (ready)
			break;
		usleep(10000);
	}
	copy_account();
	close(pipes[1]);
	wait_for(client, "watch");
	assert_alike();
	account_tool("resync", "ann@a.test", "bob@a.test");
	/* The one that was open is told so, and Dovecot notes it. */
	assert_no_complaint("view is now inconsistent");
}

static bool has_program(const char *name)
{
	static const char *const dirs[] = {"/usr/sbin", "/usr/bin",
					   "/usr/local/sbin", "/usr/local/bin"};

	for (size_t i = 0; i < 4; i++) {
		char path[80];
		snprintf(path, sizeof(path), "%s/%s", dirs[i], name);
		if (access(path, X_OK) == 0)
			return true;
	}
	return false;
}

int main(void)
{
	enum { N = sizeof(layouts) / sizeof(layouts[0]) };
	struct CMUnitTest tests[2 * N] = {0};
	char names[2 * N][120];

	if (!has_program("dovecot") || access("tests/servers/dovecot", X_OK)) {
		printf("1..0 # SKIP dovecot is not here\n");
		return 0;
	}
	for (size_t i = 0; i < 2 * N; i++) {
		const struct layout *layout = &layouts[i / 2];
		snprintf(names[i], sizeof(names[i]), "%s: %s", layout->location,
			 i % 2 ? "an_account_in_use_looks_the_same_afterwards"
			       : "a_copied_account_looks_the_same_over_imap");
		tests[i] = (struct CMUnitTest){
			.name = names[i],
			.test_func =
				i % 2 ? an_account_in_use_looks_the_same_afterwards
				      : a_copied_account_looks_the_same_over_imap,
			.setup_func = begin,
			.teardown_func = end,
			.initial_state = (void *)(uintptr_t)layout,
		};
	}
	return _cmocka_run_group_tests("store_dovecot", tests, 2 * N, NULL,
				       NULL);
}
