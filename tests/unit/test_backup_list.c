/*
 * An account that is listed while a message moves between its folders: at every
 * question to the store it may have moved, under a new name or the old one.
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "job/backup_list.h"
#include "job/backup_strays.h"
#include "lib/maildir_world.h"

/* Questions before which the message moves or rests, each way. */
#define MOMENTS 9

static struct bk_store_ops ops; /* the driver's, with a move before each */
static unsigned moves, moments;
static bool in_sent, renamed;
static char at[64];

static void move(void)
{
	char to[64];

	if (moments < MOMENTS && moves & 1u << moments) {
		in_sent = !in_sent;
		(void)snprintf(to, sizeof(to), "m/%scur/%u.m:2,S",
			       in_sent ? ".Sent/" : "", renamed ? moments : 99);
		rename_in_scratch(at, to);
		(void)snprintf(at, sizeof(at), "%s", to);
	}
	moments++;
}

static int scan_later(struct bk_store *store, const struct bk_account *account,
		      struct bk_folder *folder, struct bk_message_list *out,
		      struct bk_err *err)
{
	move();
	return bk_maildir_ops.scan(store, account, folder, out, err);
}

static int changed_later(struct bk_store *store,
			 const struct bk_account *account,
			 const struct bk_folder *folder, struct bk_err *err)
{
	move();
	return bk_maildir_ops.changed(store, account, folder, err);
}

static void list_account(struct bk_backup_list *list,
			 struct bk_backup_walk *walk)
{
	list->walk = walk;
	list->account = &w.accounts.items[0];
	OK(bk_backup_list_folders(list, &w.err));
	OK(bk_backup_list_messages(list, &w.err));
}

/* How many listed messages have a name with this end, strays left out. */
static size_t count(const struct bk_backup_list *list, const char *end,
		    bool strays)
{
	size_t n = 0;

	for (struct bk_backup_task *task = list->first; task;
	     task = task->next) {
		for (size_t i = 0; i < task->now.n; i++) {
			const struct bk_message *msg = &task->now.items[i];
			const char *dot = strrchr(msg->name, '.');
			if (dot && !strcmp(dot, end))
				n += strays || !msg->strayed;
		}
	}
	return n;
}

static void start(struct bk_backup_walk *walk)
{
	static const struct bk_backup_base none;

	scratch_maildir(&w.scratch, "m");
	scratch_maildir(&w.scratch, "m/.Sent");
	scratch_file(&w.scratch, "m/cur/1.rest:2,S", "x: y\n\nx\n");
	scratch_file(&w.scratch, "m/.Sent/cur/2.rest:2,S", "x: y\n\nx\n");
	(void)snprintf(at, sizeof(at), "m/cur/99.m:2,S");
	scratch_file(&w.scratch, at, "x: y\n\nx\n");
	read_accounts();
	ops = *w.store->ops;
	ops.scan = scan_later;
	ops.changed = changed_later;
	w.store->ops = &ops;
	walk->store = w.store;
	walk->base = &none;
}

static void try_all_moves(void)
{
	struct bk_backup_walk walk = {0};
	size_t doubled = 0;

	start(&walk);
	for (moves = 0; moves < 1u << MOMENTS; moves++) {
		struct bk_backup_list list = {0};
		moments = 0;
		list_account(&list, &walk);
		assert_int_equal(count(&list, ".rest", false), 2);
		assert_true(moments >= 4);
		assert_true(count(&list, ".m", true) >= 1);
		doubled += count(&list, ".m", false) > 1;
		bk_backup_list_clear(&list);
	}
	/* What strayed is known to have; the last look decides. */
	assert_int_equal(doubled, 0);
}

static void a_message_that_moves_is_always_listed(void **state)
{
	(void)state;
	renamed = false;
	try_all_moves();
}

static void a_message_that_moves_under_new_names_is_always_listed(void **state)
{
	(void)state;
	renamed = true;
	try_all_moves();
}

/* ---- strays ---- */

static void add(struct bk_backup_task *task, const char *name, uint32_t uid,
		bool strayed)
{
	struct bk_message *msg = bk_message_list_add(&task->now);

	msg->name = bk_arena_strdup(&task->now.arena, name);
	msg->uid = uid;
	msg->strayed = strayed;
}

static struct bk_backup_task *new_task(const char *name)
{
	struct bk_backup_task *task = bk_alloc(sizeof(*task));

	task->folder.name = bk_arena_strdup(&task->folder.arena, name);
	task->folder.uid_validity = 7;
	return task;
}

static void strays_keep_what_was_known_of_them(void **state)
{
	struct bk_backup_task *task = new_task("Sent");
	struct bk_backup_task *was = new_task("Sent");

	(void)state;
	add(was, "a", 3, false);
	add(was, "b", 4, false);
	add(was, "c", 5, false);
	uint16_t keywords[] = {bk_folder_keyword(&was->folder, "red"),
			       bk_folder_keyword(&was->folder, "blue")};
	was->now.items[1].keywords = keywords;
	was->now.items[1].n_keywords = 2;
	(void)bk_folder_keyword(&task->folder, "blue");
	add(task, "a", 3, false);
	add(task, "d", 5, false); /* has c's UID now */
	assert_true(bk_strays_keep(task, &was->now, &was->folder));
	bk_backup_task_free(was);

	assert_int_equal(task->now.n, 4);
	const struct bk_message *c = &task->now.items[0];
	assert_string_equal(c->name, "c");
	assert_int_equal(c->uid, 0);
	const struct bk_message *b = &task->now.items[2];
	assert_string_equal(b->name, "b");
	assert_int_equal(b->uid, 4);
	assert_true(b->strayed && !task->now.items[1].strayed);
	assert_int_equal(b->n_keywords, 2);
	assert_string_equal(task->folder.keywords[b->keywords[0]], "blue");
	assert_string_equal(task->folder.keywords[b->keywords[1]], "red");
	bk_backup_task_free(task);
}

static void a_stray_without_a_name_has_no_place_under_other_uids(void **state)
{
	struct bk_backup_task *task = new_task("Sent");
	struct bk_backup_task *was = new_task("Sent");

	(void)state;
	add(was, "", 3, false);
	add(was, "", 0, false);
	task->folder.uid_validity = 8;
	assert_true(bk_strays_keep(task, &was->now, &was->folder));
	assert_int_equal(task->now.n, 0);
	/* Nor without a UID under the same ones: it is there, perhaps. */
	was->folder.uid_validity = 8;
	add(task, "", 0, false);
	(void)bk_strays_keep(task, &was->now, &was->folder);
	assert_int_equal(task->now.n, 2);
	assert_int_equal(task->now.items[0].uid, 0);
	assert_int_equal(task->now.items[1].uid, 3);
	bk_backup_task_free(was);
	bk_backup_task_free(task);
}

static void a_file_that_was_written_anew_is_no_stray(void **state)
{
	struct bk_backup_task *task = new_task("Sent");
	struct bk_backup_task *was = new_task("Sent");

	(void)state;
	add(was, "a", 0, false);
	was->now.items[0].size = 5;
	add(task, "a", 0, false);
	task->now.items[0].size = 6;
	(void)bk_strays_keep(task, &was->now, &was->folder);
	assert_int_equal(task->now.n, 1);
	assert_int_equal(task->now.items[0].size, 6);
	bk_backup_task_free(was);
	bk_backup_task_free(task);
}

/* A task that was read: base rows 1, 2, ... by `rows`, digests by UID. */
static void plan(struct bk_backup_task *task, const char *const *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct bk_row *row = bk_row_list_add(&task->base_rows);
		row->msg.name = rows[i];
		row->msg.uid = (uint32_t)i + 1;
		memset(row->digest, rows[i][0], BK_DIGEST_LEN);
	}
	struct bk_listing was = {n ? &task->base_rows.items[0].msg : NULL, n,
				 sizeof(struct bk_row)};
	struct bk_listing now = {task->now.items, task->now.n,
				 sizeof(struct bk_message)};
	bk_plan_make(&was, &now, true, &task->plan);
	task->added = bk_alloc(task->now.n * sizeof(*task->added));
	for (size_t i = 0; i < task->now.n; i++) {
		task->added[i].fate = BK_FATE_KEPT;
		memset(task->added[i].digest, task->now.items[i].name[0],
		       BK_DIGEST_LEN);
	}
}

static void a_stray_goes_when_its_content_is_elsewhere(void **state)
{
	static const char *const rows[] = {"a", "b", "c", "d", "e"};
	struct bk_backup_task *inbox = new_task("INBOX");
	struct bk_backup_task *sent = new_task("Sent");

	(void)state;
	add(inbox, "a", 1, false);
	add(inbox, "b", 2, true);  /* KEEP, found */
	add(inbox, "c", 3, true);  /* KEEP, nowhere else */
	add(inbox, "d", 24, true); /* CARRY, found */
	add(inbox, "e", 5, true);  /* FLAGS, found */
	inbox->now.items[4].flags = BK_FLAG_SEEN;
	add(inbox, "f", 31, true); /* ADD, found */
	add(inbox, "g", 32, true); /* ADD, nowhere else */
	add(inbox, "h", 33, true); /* ADD, found where the base has it */
	add(inbox, "i", 34, true); /* ADD, a copy is there long since */
	add(inbox, "j", 35, true); /* ADD, strays there too */
	bk_message_list_sort(&inbox->now);
	plan(inbox, rows, 5);

	static const char *const there[] = {"h", "i2"};
	add(sent, "h", 1, false);
	add(sent, "i2", 2, false);
	add(sent, "b2", 41, false);
	add(sent, "d2", 42, false);
	add(sent, "e2", 43, false);
	add(sent, "f2", 44, false);
	add(sent, "c2", 45, true); /* strays do not stand for each other */
	add(sent, "j", 46, true);  /* ... but for themselves */
	plan(sent, there, 2);

	inbox->next = sent;
	bk_strays_settle(inbox);
	const size_t *count = inbox->plan.count;
	assert_int_equal(count[BK_STEP_KEEP], 2); /* a, c */
	assert_int_equal(count[BK_STEP_FLAGS], 0);
	assert_int_equal(count[BK_STEP_CARRY], 0);
	assert_int_equal(count[BK_STEP_DROP], 3); /* b, d, e */
	assert_int_equal(inbox->plan.n, 2 + 3 + count[BK_STEP_ADD]);
	assert_int_equal(bk_backup_task_gone(inbox) + bk_backup_task_gone(sent),
			 3);                                  /* f, h, j once */
	assert_int_equal(inbox->added[8].fate, BK_FATE_KEPT); /* i */
	assert_string_equal(inbox->now.items[8].name, "i");
	assert_int_equal(sent->plan.n, 8);
	bk_backup_task_free(inbox);
	bk_backup_task_free(sent);
}

/* As uid 0 and by the same name, it would be a set that nobody can read. */
static void a_stray_that_is_listed_as_one_already_is_there_once(void **state)
{
	struct bk_backup_task *later = new_task("Sent");
	struct bk_backup_task *was = new_task("Sent");

	(void)state;
	add(was, "a", 0, false);
	add(was, "b", 0, false);
	add(was, "c", 0, false);
	plan(was, NULL, 0);
	add(later, "a", 0, true); /* an earlier round of this listing saw it */
	add(later, "b", 0, false);
	bk_strays_mark(was, later);
	bk_strays_keep_read(later, was);
	assert_int_equal(later->now.n, 3);
	assert_string_equal(later->now.items[0].name, "a");
	assert_string_equal(later->now.items[1].name, "b");
	assert_string_equal(later->now.items[2].name, "c");
	assert_true(later->now.items[0].strayed);
	assert_false(later->now.items[1].strayed);
	assert_true(later->now.items[2].strayed);
	bk_backup_task_free(later);
	bk_backup_task_free(was);
}

static void a_folder_with_a_message_twice_is_not_written(void **state)
{
	static const struct bk_account ann = {.address = "ann@a.test"};
	struct bk_backup_task *task = new_task("Sent");
	struct bk_backup_into nowhere = {0};
	struct bk_err err = {0};
	uint8_t sum[BK_SHA256_LEN];

	(void)state;
	task->account = &ann;
	add(task, "a", 1, false);
	add(task, "b", 2, false);
	add(task, "b", 2, true);
	plan(task, NULL, 0);
	assert_int_equal(bk_backup_task_write(task, &nowhere, sum, &err), -1);
	assert_string_equal(err.text,
			    "ann@a.test: Sent: uid 2: twice, or out of order; "
			    "this is a fault of bk, please report it");
	bk_backup_task_free(task);
}

int main(void)
{
#define WORLD(t)                                                               \
	cmocka_unit_test_setup_teardown(t, maildir_world_begin,                \
					maildir_world_end)
	const struct CMUnitTest tests[] = {
		WORLD(a_message_that_moves_is_always_listed),
		WORLD(a_message_that_moves_under_new_names_is_always_listed),
		cmocka_unit_test(strays_keep_what_was_known_of_them),
		cmocka_unit_test(
			a_stray_without_a_name_has_no_place_under_other_uids),
		cmocka_unit_test(a_file_that_was_written_anew_is_no_stray),
		cmocka_unit_test(a_stray_goes_when_its_content_is_elsewhere),
		cmocka_unit_test(a_folder_with_a_message_twice_is_not_written),
		cmocka_unit_test(
			a_stray_that_is_listed_as_one_already_is_there_once),
	};
	return cmocka_run_group_tests_name("backup_list", tests, NULL, NULL);
}
