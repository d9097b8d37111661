/* Messages of any store come back as they were. */

#include "base/clock.h"
#include "contract/store_world.h"

/* What a store holds when it was given these bytes. */
static void what_is_held(const void *data, size_t len, struct bk_buf *out)
{
	const char *bytes = data;
	bool munges = world.driver->looks_at_headers;

	out->len = 0;
	for (size_t i = 0; i < len; i++) {
		if (world.driver->wire && bytes[i] == '\n' &&
		    (!i || bytes[i - 1] != '\r'))
			bk_buf_add_u8(out, '\r');
		bool high = (bytes[i] & 0x80) != 0;
		bk_buf_add_u8(out, munges && high ? 'X' : (uint8_t)bytes[i]);
		/* An empty line ends the header. */
		if (bytes[i] == '\n' &&
		    (i < 2 || bytes[i - (bytes[i - 1] == '\r') - 1] == '\n'))
			munges = false;
	}
}

/* What a server may refuse is left out of what it is given. */
static bool can_be_given(const char *bytes, size_t len)
{
	return !world.driver->wire || (len && !memchr(bytes, 0, len));
}

static void count_refused(void *arg, const struct bk_folder_writer *writer,
			  const struct bk_message *msg,
			  const struct bk_err *why)
{
	(void)writer;
	(void)msg;
	assert_int_equal(why->kind, BK_REFUSED);
	++*(size_t *)arg;
}

static bool is_among(struct bk_buf *held, size_t n, bool *seen,
		     struct bk_view got)
{
	for (size_t k = 0; k < n; k++)
		if (!seen[k] && held[k].len == got.len &&
		    (!got.len ||
		     memcmp(held[k].data, got.data, got.len) == 0)) {
			seen[k] = true;
			return true;
		}
	return false;
}

static const struct {
	const char *bytes;
	size_t len;
	bool no_header;
} bodies[] = {
	{"",			       0,  false},
	{"\n",			     1,  false},
	{"a: b\r\n\r\nc",                  10, false},
	{"a: b\n\nc\n",                    8,  false},
	{"a: \xe4\n \xff\n\n\xe4\xff\r\n", 13, false},
	{"a\r\nb\nc\rd\0e\xff",            11, true },
	{"a\r\nb\nc\rde\xff",              10, true },
	{"From x\n.\n..\n",                12, true },
};

enum { BODIES = sizeof(bodies) / sizeof(bodies[0]) };

struct held {
	struct bk_buf items[BODIES + 1];
	size_t n, to_refuse;
};

static void put_and_hold(struct held *held, const void *bytes, size_t len,
			 bool no_header)
{
	store_put(&(struct bk_message){.name = ""}, bytes, len);
	if (no_header && world.driver->looks_at_headers)
		held->to_refuse++;
	else
		what_is_held(bytes, len, &held->items[held->n++]);
}

static void put_large(struct held *held)
{
	struct bk_buf large = {0};

	bk_buf_printf(&large, "a: b\r\n\r\n");
	for (int i = 0; i < 300000; i++)
		bk_buf_add_u8(&large, (uint8_t)((i * 7 + i / 251) % 255 + 1));
	put_and_hold(held, large.data, large.len, false);
	bk_buf_clear(&large);
}

static void bytes_come_back_as_they_were(void **state)
{
	struct bk_folder folder = store_folder("INBOX");
	bool seen[BODIES + 1] = {false};
	struct held held = {0};
	size_t refused = 0;

	(void)state;
	store_begin(&folder);
	world.store->refused = count_refused;
	world.store->refused_arg = &refused;
	for (size_t i = 0; i < BODIES; i++)
		if (can_be_given(bodies[i].bytes, bodies[i].len))
			put_and_hold(&held, bodies[i].bytes, bodies[i].len,
				     bodies[i].no_header);
	put_large(&held);
	store_finish();
	assert_int_equal(world.result.added, held.n);
	assert_int_equal(refused, held.to_refuse);

	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, held.n);
	world.body.limit = 1000000;
	for (size_t i = 0; i < world.list.n; i++) {
		(void)store_bytes_of(found, i);
		struct bk_view got = bk_buf_view(&world.body.bytes);
		assert_int_equal(world.list.items[i].size, got.len);
		assert_true(is_among(held.items, held.n, seen, got));
	}
	for (size_t k = 0; k < held.n; k++)
		bk_buf_clear(&held.items[k]);
}

static void a_long_body_goes_to_a_spool(void **state)
{
	struct bk_folder folder = store_folder("INBOX");
	char text[3000];
	char back[3001];

	(void)state;
	memset(text, 'x', sizeof(text));
	memcpy(text, STORE_NO_HEADER, 2);
	memcpy(text + 2998, "\r\n", 2);
	store_begin(&folder);
	store_put(&(struct bk_message){.name = ""}, text, sizeof(text));
	store_finish();
	struct bk_folder *found = store_look_at("INBOX");
	world.body.limit = 2999;
	(void)store_bytes_of(found, 0);
	assert_true(world.body.spool >= 0);
	assert_int_equal(world.body.bytes.len, 0);
	assert_int_equal(world.list.items[0].size, 3000);
	assert_int_equal(read(world.body.spool, back, sizeof(back)), 3000);
	assert_memory_equal(back, text, 3000);
	world.body.limit = 3000;
	(void)store_bytes_of(found, 0);
	assert_int_equal(world.body.spool, -1);
	assert_int_equal(world.body.bytes.len, 3000);
}

static void flags_and_dates_come_back(void **state)
{
	/* A server makes what is yet to come the present. */
	const int64_t dates[] = {0, 1, 999999999, 1700000000,
				 world.driver->wire ? 1500000000 : 4102444800};
	struct bk_folder folder = store_folder("INBOX");
	int64_t begun = bk_clock_now();

	(void)state;
	store_begin(&folder);
	for (unsigned flags = 0; flags < 64; flags++) {
		char text[16];
		struct bk_message msg = {.name = "",
					 .flags = (uint8_t)flags,
					 .date = dates[flags % 5]};
		snprintf(text, sizeof(text), "%u", flags);
		store_put_as(&msg, text);
	}
	store_finish();
	struct bk_folder *found = store_look_at("INBOX");
	assert_int_equal(world.list.n, 64);
	for (size_t i = 0; i < 64; i++) {
		unsigned number =
			(unsigned)strtoul(store_text_of(found, i), NULL, 10);
		unsigned flags = number;
		/* It is a keyword there. */
		if (world.driver->wire || world.driver->own_names)
			flags &= ~(unsigned)BK_FLAG_PASSED;
		assert_int_equal(world.list.items[i].flags, flags);
		int64_t date = dates[number % 5];
		if (date == 0 && world.driver->epoch_is_now) {
			assert_true(world.list.items[i].date >= begun);
			date = world.list.items[i].date;
		}
		assert_int_equal(world.list.items[i].date, date);
		world.list.items[i].date = 7;
		world.list.items[i].size = 0;
		OK(store_ops()->stat(world.store, &world.accounts.items[0],
				     found, &world.list.items[i], &world.err));
		assert_int_equal(world.list.items[i].date, date);
		assert_int_equal(world.list.items[i].size, number < 10 ? 3 : 4);
	}
}

static void keywords_come_back(void **state)
{
	const char *table[] = {"$Forwarded", "Work", "$Label1", "unused"};
	uint16_t some[] = {0, 2};
	uint16_t all[] = {0, 1, 2};
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	folder.keywords = table;
	folder.n_keywords = 4;
	store_begin(&folder);
	store_put_as(&(struct bk_message){.name = "",
					  .n_keywords = 2,
					  .keywords = some},
		     "some");
	store_put_as(&(struct bk_message){.name = "",
					  .n_keywords = 3,
					  .keywords = all,
					  .flags = BK_FLAG_SEEN},
		     "all");
	store_put_text("", 0, "none");
	store_finish();
	assert_string_equal(world.result.note, "");
	struct bk_folder *found = store_look_at("INBOX");
	struct bk_message *msg = store_find_text(found, "some");
	assert_int_equal(msg->n_keywords, 2);
	assert_true(store_has_keyword(found, msg, "$Forwarded"));
	assert_true(store_has_keyword(found, msg, "$Label1"));
	assert_true(msg->keywords[0] < msg->keywords[1]);
	msg = store_find_text(found, "all");
	assert_int_equal(msg->n_keywords, 3);
	assert_int_equal(msg->flags, BK_FLAG_SEEN);
	assert_int_equal(store_find_text(found, "none")->n_keywords, 0);
}

static void keywords_beyond_what_a_folder_holds_are_told(void **state)
{
	size_t n = world.driver->max_keywords + 3;
	struct bk_folder folder = store_folder("INBOX");

	(void)state;
	if (!world.driver->max_keywords)
		return;
	const char **table = bk_alloc(n * sizeof(*table));
	for (size_t i = 0; i < n; i++) {
		char name[32];
		snprintf(name, sizeof(name), "kw%zu", i);
		table[i] = bk_arena_strdup(&world.arena, name);
	}
	folder.keywords = table;
	folder.n_keywords = n;
	store_begin(&folder);
	for (uint16_t i = 0; i < n; i++)
		store_put_as(&(struct bk_message){.name = "",
						  .n_keywords = 1,
						  .keywords = &i},
			     table[i]);
	store_finish();
	assert_non_null(strstr(world.result.note, "3 keywords"));
	struct bk_folder *found = store_look_at("INBOX");
	size_t kept = 0;
	for (size_t i = 0; i < world.list.n; i++) {
		const char *text = store_text_of(found, i);
		const struct bk_message *msg = &world.list.items[i];
		kept += msg->n_keywords;
		if (msg->n_keywords)
			assert_true(store_has_keyword(found, msg, text));
	}
	assert_int_equal(world.list.n, n);
	assert_int_equal(kept, world.driver->max_keywords);
	free(table);
}

const struct store_test store_message_tests[] = {
	STORE_TEST(bytes_come_back_as_they_were),
	STORE_TEST(a_long_body_goes_to_a_spool),
	STORE_TEST(flags_and_dates_come_back),
	STORE_TEST(keywords_come_back),
	STORE_TEST(keywords_beyond_what_a_folder_holds_are_told),
	{NULL, NULL},
};
