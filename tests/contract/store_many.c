/* Many messages at a time, who they are, and what a flush makes visible. */

#include "contract/store_world.h"

#define MANY 5

static void put(const char *name, const char *bytes)
{
	const struct bk_message msg = {.name = name, .date = 1000000000};

	store_put(&msg, bytes, strlen(bytes));
}

static void put_many(void)
{
	struct bk_folder folder = store_folder("INBOX");

	store_begin(&folder);
	put("a", "Subject: a\r\n\r\nbody\r\n");
	put("b", "Subject: b\n\nbody\n");
	put("c", "Subject: a\n\nbody\n");
	put("d", "Subject: a\n\nanother body\n");
	put("e", "\nno header\n");
	store_finish();
}

static void list_pointers(struct bk_message **msgs)
{
	assert_int_equal(world.list.n, MANY);
	for (size_t i = 0; i < MANY; i++)
		msgs[i] = &world.list.items[i];
}

/* What came, one after the other. */
struct arrivals {
	struct bk_buf_sink sink;
	struct bk_buf text;
	struct bk_message *order[MANY];
	const char *texts[MANY];
	size_t begun, n, failed;
	struct bk_message *skip;
};

static int arrives(void *arg, struct bk_message *msg, struct bk_sink **to,
		   struct bk_err *err)
{
	struct arrivals *it = arg;

	(void)err;
	it->begun++;
	it->text.len = 0;
	bk_buf_sink_init(&it->sink, &it->text, 1000);
	*to = msg == it->skip ? NULL : &it->sink.sink;
	return 0;
}

static int arrived(void *arg, struct bk_message *msg, struct bk_err *err)
{
	struct arrivals *it = arg;

	(void)err;
	it->order[it->n] = msg;
	it->texts[it->n++] =
		bk_arena_strdup(&world.arena, bk_buf_text(&it->text));
	assert_int_equal(msg->size, it->text.len);
	return 0;
}

static int failed(void *arg, struct bk_message *msg, const struct bk_err *why,
		  struct bk_err *err)
{
	struct arrivals *it = arg;

	(void)msg;
	(void)err;
	assert_true(why->kind == BK_GONE || why->kind == BK_REFUSED);
	it->failed++;
	return 0;
}

static void many_are_fetched_each_with_its_own_bytes(void **state)
{
	struct bk_message *msgs[MANY];
	struct arrivals it = {0};
	const struct bk_bodies to = {arrives, arrived, failed, &it};

	(void)state;
	put_many();
	struct bk_folder *folder = store_look_at("INBOX");
	list_pointers(msgs);
	it.skip = msgs[1];
	OK(bk_store_fetch_many(world.store, &world.accounts.items[0], folder,
			       msgs, MANY, &to, &world.err));
	assert_int_equal(it.begun, MANY);
	assert_int_equal(it.n, MANY - 1);
	assert_int_equal(it.failed, 0);
	for (size_t i = 0; i < it.n; i++) {
		size_t at = (size_t)(it.order[i] - world.list.items);
		assert_string_equal(store_bytes_of(folder, at), it.texts[i]);
	}
	bk_buf_clear(&it.text);
}

static void what_is_gone_is_told_and_the_others_come(void **state)
{
	struct bk_folder to_change = store_folder("INBOX");
	struct bk_message *msgs[MANY];
	struct arrivals it = {0};
	const struct bk_bodies to = {arrives, arrived, failed, &it};

	(void)state;
	put_many();
	struct bk_folder *folder = store_look_at("INBOX");
	list_pointers(msgs);
	store_begin(&to_change);
	OK(store_ops()->present(world.writer, &world.present, &world.err));
	OK(store_ops()->remove(world.writer, &world.present.items[2],
			       &world.err));
	store_finish();
	OK(bk_store_fetch_many(world.store, &world.accounts.items[0], folder,
			       msgs, MANY, &to, &world.err));
	assert_int_equal(it.n, MANY - 1);
	assert_true(it.failed <= 1);
	bk_buf_clear(&it.text);
}

static void equal_headers_and_sizes_are_equal_identities(void **state)
{
	struct bk_message *msgs[MANY];
	struct bk_identity ids[MANY];
	unsigned headers = 0, sizes = 0;

	(void)state;
	put_many();
	struct bk_folder *folder = store_look_at("INBOX");
	list_pointers(msgs);
	OK(bk_store_identify(world.store, &world.accounts.items[0], folder,
			     msgs, MANY, ids, &world.err));
	for (size_t i = 0; i < MANY; i++) {
		assert_true(ids[i].wire_size && ids[i].wire_size < 100);
		assert_int_equal(msgs[i]->date, 1000000000);
		for (size_t k = i + 1; k < MANY; k++) {
			bool same = memcmp(ids[i].header, ids[k].header,
					   BK_DIGEST_LEN) == 0;
			headers += same;
			sizes += same && ids[i].wire_size == ids[k].wire_size;
		}
	}
	/* a, c and d; a and c, which differ in their line ends alone. */
	assert_int_equal(headers, 3);
	assert_int_equal(sizes, 1);
}

/* The message of `told`, as a scan knows it. */
static const struct bk_message *look_up(const struct bk_message *told)
{
	for (size_t i = 0; i < world.list.n; i++) {
		const struct bk_message *msg = &world.list.items[i];
		if (*told->name ? strcmp(msg->name, told->name) == 0
				: told->uid && msg->uid == told->uid)
			return msg;
	}
	return NULL;
}

static void a_flush_tells_who_is_there_now(void **state)
{
	struct bk_folder folder = store_folder("INBOX");
	struct bk_message_list told = {0};

	(void)state;
	if (!store_ops()->flush)
		return;
	store_begin(&folder);
	OK(store_ops()->flush(world.writer, &told, &world.err));
	assert_int_equal(told.n, 0);
	store_put_text("x", 0, "x");
	store_put_text("x", 0, "y");
	OK(store_ops()->flush(world.writer, &told, &world.err));
	assert_int_equal(told.n, 2);
	store_ops()->abort(world.writer);
	world.writer = NULL;
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 2);
	const char *texts[] = {"x", "y"};
	for (size_t i = 0; i < 2; i++) {
		const struct bk_message *msg = look_up(&told.items[i]);
		if (!told.items[i].uid && !*told.items[i].name)
			continue;
		assert_non_null(msg);
		assert_string_equal(
			store_text_of(found, (size_t)(msg - world.list.items)),
			texts[i]);
	}
	bk_message_list_clear(&told);
}

static void after_a_flush_the_writer_goes_on(void **state)
{
	struct bk_folder folder = store_folder_with_uids("INBOX");
	struct bk_message_list told = {0};
	char text[16];

	(void)state;
	if (!store_ops()->flush)
		return;
	store_begin(&folder);
	OK(store_ops()->flush(world.writer, &told, &world.err));
	for (uint32_t i = 0; i < 6; i++) {
		snprintf(text, sizeof(text), "text %u", i);
		store_put_text("", 10 + i, text);
		if (i % 2)
			continue;
		OK(store_ops()->flush(world.writer, &told, &world.err));
		assert_int_equal(told.n, i ? 2 : 1);
	}
	store_finish();
	assert_int_equal(world.result.added, 6);
	(void)store_look_at("INBOX");
	assert_int_equal(world.list.n, 6);
	bk_message_list_clear(&told);
}

const struct store_test store_many_tests[] = {
	STORE_TEST(many_are_fetched_each_with_its_own_bytes),
	STORE_TEST(what_is_gone_is_told_and_the_others_come),
	STORE_TEST(equal_headers_and_sizes_are_equal_identities),
	STORE_TEST(a_flush_tells_who_is_there_now),
	STORE_TEST(after_a_flush_the_writer_goes_on),
	{NULL, NULL},
};
