/*
 * A Maildir that is read while its server works: a process renames, moves,
 * delivers and expunges all the time, and nothing that was there from the
 * beginning to the end may be lost, doubled or wrong.
 */

#include "lib/test.h"

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/dice.h"
#include "lib/scratch.h"
#include "store/store.h"

#define STAYING 8000 /* messages that are there all the time */
#define RUNS    20

struct world {
	struct scratch scratch;
	struct bk_err err;
	struct bk_store *store;
	struct bk_account_list accounts;
	pid_t server;
};

static struct world w;

static void name_of(char out[64], int i)
{
	snprintf(out, 64, "17000%05d.M%dP7.host,S=%d", i, i * 13, 10);
}

static int begin(void **state)
{
	char uids[80];
	struct bk_buf list = {0};

	(void)state;
	w = (struct world){0};
	scratch_make(&w.scratch);
	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/.Other");
	bk_buf_printf(&list, "3 V1000 N%d\n", STAYING + 1);
	for (int i = 0; i < STAYING; i++) {
		char name[64];
		char path[128];
		char text[32];
		name_of(name, i);
		snprintf(path, sizeof(path), "m/cur/%s:2,", name);
		snprintf(text, sizeof(text), "body %d\n", i);
		scratch_file(&w.scratch, path, text);
		snprintf(uids, sizeof(uids), "%d :%s\n", i + 1, name);
		bk_buf_add(&list, uids, strlen(uids));
	}
	scratch_file(&w.scratch, "m/dovecot-uidlist", bk_buf_text(&list));
	bk_buf_clear(&list);
	return 0;
}

static int end(void **state)
{
	(void)state;
	if (w.server > 0) {
		kill(w.server, SIGKILL);
		waitpid(w.server, NULL, 0);
	}
	bk_account_list_clear(&w.accounts);
	bk_store_close(w.store);
	scratch_drop(&w.scratch);
	return 0;
}

/* ---- the server ---- */

struct server {
	struct dice dice;
	char now[STAYING][40]; /* "m/cur/" or ..., then the flags */
	int delivered;
};

static void move_to(struct server *s, int i, const char *folder,
		    const char *info)
{
	char name[64];
	char from[128];
	char to[128];

	name_of(name, i);
	char *flags = strchr(s->now[i], '|');
	snprintf(from, sizeof(from), "%.*s/%s%s", (int)(flags - s->now[i]),
		 s->now[i], name, flags + 1);
	snprintf(to, sizeof(to), "%s/%s%s", folder, name, info);
	if (renameat(w.scratch.dir, from, w.scratch.dir, to) < 0)
		_exit(3);
	snprintf(s->now[i], sizeof(s->now[i]), "%s|%s", folder, info);
}

static void deliver(struct server *s)
{
	char tmp[96];
	char new[96];

	snprintf(tmp, sizeof(tmp), "m/tmp/18%d.host", ++s->delivered);
	snprintf(new, sizeof(new), "m/new/18%d.host", s->delivered);
	int fd = openat(w.scratch.dir, tmp, O_CREAT | O_WRONLY, 0600);
	if (fd < 0 || write(fd, "half ", 5) != 5 || write(fd, "half\n", 5) != 5)
		_exit(4);
	close(fd);
	if (renameat(w.scratch.dir, tmp, w.scratch.dir, new) < 0)
		_exit(5);
	if (s->delivered > 50) {
		snprintf(new, sizeof(new), "m/new/18%d.host",
			 s->delivered - 50);
		if (unlinkat(w.scratch.dir, new, 0) < 0)
			_exit(6);
	}
}

static void serve(bool moves)
{
	static const char *const infos[] = {":2,", ":2,S", ":2,RS", ":2,FRS",
					    ":2,ST"};
	static struct server s;

	for (int i = 0; i < STAYING; i++)
		strcpy(s.now[i], "m/cur|:2,");
	for (;;) {
		int i = (int)dice_below(&s.dice, STAYING);
		const char *info = infos[dice_below(&s.dice, 5)];
		if (moves && dice_one_in(&s.dice, 20))
			move_to(&s, i, "m/.Other/cur", info);
		else if (dice_one_in(&s.dice, 20))
			move_to(&s, i, "m/new", "");
		else
			move_to(&s, i, "m/cur", info);
		if (dice_one_in(&s.dice, 10))
			deliver(&s);
		nanosleep(&(struct timespec){0, 600000}, NULL);
	}
}

static void start_server(bool moves)
{
	w.server = fork();
	assert_true(w.server >= 0);
	if (w.server == 0)
		serve(moves);
}

/* ---- the reader ---- */

static void open_store(void)
{
	char path[80];
	snprintf(path, sizeof(path), "%s/m", w.scratch.path);
	struct bk_store_config config = {.type = "maildir", .path = path};

	if (bk_store_open(&w.store, &config, &w.err) < 0 ||
	    w.store->ops->accounts(w.store, &w.accounts, &w.err) < 0)
		fail_msg("%s", w.err.text);
	assert_int_equal(w.accounts.n, 1);
}

static void check_body(const struct bk_message *msg, struct bk_body *body)
{
	char want[32];

	if (strncmp(msg->name, "17000", 5) != 0) {
		assert_string_equal(bk_buf_text(&body->bytes), "half half\n");
		return;
	}
	snprintf(want, sizeof(want), "body %d\n",
		 (int)strtol(msg->name + 5, NULL, 10));
	assert_string_equal(bk_buf_text(&body->bytes), want);
	if (msg->uid)
		assert_int_equal(msg->uid, strtol(msg->name + 5, NULL, 10) + 1);
}

/* Scans a folder and fetches what it lists; notes in `seen` who was there.
 * How many of those that stay were said to be gone. */
static int read_folder(struct bk_folder *folder, int *seen)
{
	struct bk_account *account = &w.accounts.items[0];
	struct bk_message_list list = {0};
	struct bk_body body = BK_BODY(1000);
	int gone = 0;

	if (w.store->ops->scan(w.store, account, folder, &list, &w.err) < 0)
		fail_msg("%s", w.err.text);
	for (size_t i = 0; i < list.n; i++) {
		struct bk_message *msg = &list.items[i];
		bool stays = strncmp(msg->name, "17000", 5) == 0;
		if (i)
			assert_true(strcmp(msg->name, list.items[i - 1].name));
		if (w.store->ops->fetch(w.store, account, folder, msg, &body,
					&w.err) < 0) {
			if (w.err.kind != BK_GONE)
				fail_msg("%s: %s", folder->name, w.err.text);
			gone += stays;
			continue;
		}
		check_body(msg, &body);
		if (stays)
			seen[strtol(msg->name + 5, NULL, 10)]++;
	}
	bk_body_clear(&body);
	bk_message_list_clear(&list);
	return gone;
}

static int read_account(int *seen)
{
	struct bk_folder_list folders = {0};
	int gone = 0;

	if (w.store->ops->folders(w.store, &w.accounts.items[0], &folders,
				  &w.err) < 0)
		fail_msg("%s", w.err.text);
	assert_int_equal(folders.n, 2);
	for (size_t i = 0; i < folders.n; i++)
		gone += read_folder(&folders.items[i], seen);
	bk_folder_list_clear(&folders);
	return gone;
}

static void nothing_is_lost_or_doubled_while_flags_change(void **state)
{
	(void)state;
	start_server(false);
	open_store();
	for (int run = 0; run < RUNS; run++) {
		static int seen[STAYING];
		memset(seen, 0, sizeof(seen));
		assert_int_equal(read_account(seen), 0);
		for (int i = 0; i < STAYING; i++)
			if (seen[i] != 1)
				fail_msg("run %d: message %d was seen %d times",
					 run, i, seen[i]);
	}
	assert_int_equal(waitpid(w.server, NULL, WNOHANG), 0);
}

/* What moves into a folder that was scanned before is found by scanning again,
 * as the contract of scan() says. */
static void nothing_is_lost_while_messages_move_between_folders(void **state)
{
	(void)state;
	start_server(true);
	open_store();
	for (int run = 0; run < 5; run++) {
		static int seen[STAYING];
		memset(seen, 0, sizeof(seen));
		(void)read_account(seen);
		(void)read_account(seen);
		for (int i = 0; i < STAYING; i++)
			if (seen[i] == 0)
				fail_msg("run %d: message %d was lost", run, i);
	}
	assert_int_equal(waitpid(w.server, NULL, WNOHANG), 0);
}

int main(void)
{
#define WORLD(t) cmocka_unit_test_setup_teardown(t, begin, end)
	const struct CMUnitTest tests[] = {
		WORLD(nothing_is_lost_or_doubled_while_flags_change),
		WORLD(nothing_is_lost_while_messages_move_between_folders),
	};
	return cmocka_run_group_tests_name("maildir_live", tests, NULL, NULL);
}
