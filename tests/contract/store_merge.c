/* Writing where something is already, or is not to be in the end. */

#include "contract/store_world.h"

#include <pthread.h>

static void what_is_present_is_listed_and_left_alone(void **state)
{
	const char *first_table[] = {"old", "both"};
	const char *second_table[] = {"both", "new"};
	uint16_t both_of_first = 1;
	uint16_t old_and_both[] = {0, 1};
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	folder.keywords = first_table;
	folder.n_keywords = 2;
	store_begin(&folder);
	store_put_as(&(struct bk_message){.name = "x",
					  .n_keywords = 1,
					  .keywords = &both_of_first},
		     "x");
	store_put_as(&(struct bk_message){.name = "y",
					  .n_keywords = 2,
					  .keywords = old_and_both},
		     "y");
	store_finish();

	folder.keywords = second_table;
	store_begin(&folder);
	OK(store_ops()->present(world.writer, &world.present, &world.err));
	assert_int_equal(world.present.n, 2);
	assert_string_equal(world.writer->folder.keywords[0], "both");
	assert_string_equal(world.writer->folder.keywords[1], "new");
	for (size_t i = 0; i < 2; i++) {
		const struct bk_message *msg = &world.present.items[i];
		assert_true(
			store_has_keyword(&world.writer->folder, msg, "both"));
		bool is_y = world.driver->wire ? i == 1
					       : strcmp(msg->name, "y") == 0;
		if (world.driver->own_names)
			is_y = store_has_keyword(&world.writer->folder, msg,
						 "old");
		assert_int_equal(msg->n_keywords, is_y ? 2 : 1);
	}
	store_finish();
	assert_int_equal(world.result.added, 0);
	struct bk_folder *found = store_look_at("INBOX");
	assert_true(
		store_has_keyword(found, store_find_text(found, "y"), "old"));
}

static void a_name_that_is_taken_is_another_message(void **state)
{
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	store_begin(&folder);
	store_put_text("same", 0, "first");
	store_finish();
	store_begin(&folder);
	store_put_text("same", 0, "second");
	store_put_text("same", 0, "third");
	store_finish();
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 3);
	assert_non_null(store_find_text(found, "first"));
	assert_non_null(store_find_text(found, "second"));
	assert_non_null(store_find_text(found, "third"));
}

static void flags_of_a_present_message_are_set(void **state)
{
	const char *table[] = {"one", "two"};
	uint16_t keyword = 1;
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	folder.keywords = table;
	folder.n_keywords = 2;
	store_begin(&folder);
	store_put_as(&(struct bk_message){.name = "m",
					  .flags = BK_FLAG_FLAGGED,
					  .date = 1000},
		     "m");
	store_finish();
	store_begin(&folder);
	OK(store_ops()->present(world.writer, &world.present, &world.err));
	struct bk_message want = world.present.items[0];
	want.flags = BK_FLAG_SEEN | BK_FLAG_ANSWERED;
	want.keywords = &keyword;
	want.n_keywords = 1;
	OK(store_ops()->set_flags(world.writer, &world.present.items[0], &want,
				  &world.err));
	store_finish();
	assert_int_equal(world.result.added, 0);
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 1);
	struct bk_message *msg = store_find_text(found, "m");
	assert_int_equal(msg->flags, BK_FLAG_SEEN | BK_FLAG_ANSWERED);
	assert_int_equal(msg->n_keywords, 1);
	assert_true(store_has_keyword(found, msg, "two"));
	assert_int_equal(msg->date, 1000);
}

static void a_present_message_is_removed(void **state)
{
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	store_begin(&folder);
	store_put_text("stays", 0, "stays");
	store_put_text("goes", 0, "goes");
	store_finish();
	struct bk_folder *found = store_look_at("INBOX");
	struct bk_message gone = *store_find_text(found, "goes");
	store_begin(&folder);
	OK(store_ops()->present(world.writer, &world.present, &world.err));
	for (size_t i = 0; i < world.present.n; i++)
		if (strcmp(world.present.items[i].name, gone.name) == 0 &&
		    (*gone.name || world.present.items[i].uid == gone.uid))
			OK(store_ops()->remove(world.writer,
					       &world.present.items[i],
					       &world.err));
	store_finish();
	assert_int_equal(store_ops()->fetch(world.store,
					    &world.accounts.items[0], found,
					    &gone, &world.body, &world.err),
			 -1);
	if (world.err.kind != BK_GONE)
		fail_msg("%s", world.err.text);
	found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 1);
	assert_string_equal(store_text_of(found, 0), "stays");
}

static void a_dropped_message_leaves_nothing(void **state)
{
	struct bk_folder folder = store_folder("INBOX");
	struct bk_message msg = {.name = "dropped"};
	struct bk_sink *sink = NULL;

	(void)state;
	store_begin(&folder);
	OK(store_ops()->append(world.writer, &msg, &sink, &world.err));
	OK(sink->write(sink, "half", 4, &world.err));
	store_ops()->drop(world.writer, sink);
	store_put_text("kept", 0, "kept");
	store_finish();
	assert_int_equal(world.result.added, 1);
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 1);
	assert_string_equal(store_text_of(found, 0), "kept");
}

static void an_aborted_folder_can_be_written_again(void **state)
{
	struct bk_folder folder = store_folder_with_uids("INBOX");

	(void)state;
	store_begin(&folder);
	store_put_text("a", 1, "a");
	store_ops()->abort(world.writer);
	(void)store_look_at("INBOX");
	assert_int_equal(world.list.n, 0);
	store_begin(&folder);
	assert_true(world.writer->keeps_uids != world.driver->gives_uids);
	store_put_text("a", 1, "a");
	store_finish();
	(void)store_look_at("INBOX");
	assert_int_equal(world.list.n, 1);
	assert_int_equal(world.list.items[0].uid, 1);
}

static void a_keyword_that_is_in_no_table_is_refused(void **state)
{
	struct bk_folder folder = store_folder("INBOX");
	uint16_t wrong = 3;
	struct bk_message msg = {
		.name = "", .n_keywords = 1, .keywords = &wrong};
	struct bk_sink *sink = NULL;

	(void)state;
	store_begin(&folder);
	int rc = store_ops()->append(world.writer, &msg, &sink, &world.err);
	if (rc == 0)
		rc = store_ops()->keep(world.writer, sink, &msg, &world.err);
	assert_int_equal(rc, -1);
	assert_int_equal(world.err.kind, BK_CORRUPT);
	store_finish();
	(void)store_look_at("INBOX");
	assert_int_equal(world.list.n, 0);
}

#define EACH 60

static void *put_many(void *arg)
{
	struct bk_err err = {0};

	for (int i = 0; i < EACH; i++) {
		char text[32];
		struct bk_sink *sink = NULL;
		struct bk_message msg = {
			.name = "", .uid = (uint32_t)(*(int *)arg + i + 1)};
		snprintf(text, sizeof(text), STORE_NO_HEADER "%u", msg.uid);
		if (store_ops()->append(world.writer, &msg, &sink, &err) < 0 ||
		    sink->write(sink, text, strlen(text), &err) < 0 ||
		    store_ops()->keep(world.writer, sink, &msg, &err) < 0)
			return NULL;
	}
	return arg;
}

static void several_threads_write_one_folder(void **state)
{
	struct bk_folder folder = store_folder_with_uids("INBOX");
	pthread_t threads[4];
	int from[4];

	(void)state;
	store_begin(&folder);
	for (int i = 0; i < 4; i++) {
		from[i] = i * EACH;
		assert_int_equal(
			pthread_create(&threads[i], NULL, put_many, &from[i]),
			0);
	}
	for (int i = 0; i < 4; i++) {
		void *done = NULL;
		pthread_join(threads[i], &done);
		assert_non_null(done);
	}
	store_finish();
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 4 * EACH);
	bool seen[4 * EACH + 1] = {false};
	for (size_t i = 0; i < world.list.n; i++) {
		unsigned long n = strtoul(store_text_of(found, i), NULL, 10);
		assert_true(n >= 1 && n <= 4 * EACH && !seen[n]);
		seen[n] = true;
		assert_int_equal(world.list.items[i].uid, i + 1);
		assert_true(n == i + 1 || world.driver->gives_uids);
	}
}

const struct store_test store_merge_tests[] = {
	STORE_TEST(what_is_present_is_listed_and_left_alone),
	STORE_TEST(a_name_that_is_taken_is_another_message),
	STORE_TEST(flags_of_a_present_message_are_set),
	STORE_TEST(a_present_message_is_removed),
	STORE_TEST(a_dropped_message_leaves_nothing),
	STORE_TEST(an_aborted_folder_can_be_written_again),
	STORE_TEST(a_keyword_that_is_in_no_table_is_refused),
	STORE_TEST(several_threads_write_one_folder),
	{NULL, NULL},
};
