/* What every driver of a store must do: see store.h. */

#include "contract/store_world.h"

struct store_world world;

const struct bk_store_ops *store_ops(void)
{
	return world.store->ops;
}

void store_open(void)
{
	bk_store_close(world.store);
	world.store = NULL;
	OK(bk_store_open(&world.store, &world.config, &world.err));
}

void store_make_account(void)
{
	OK(store_ops()->create_account(world.store, world.driver->address,
				       &world.arena, &world.account,
				       &world.err));
}

struct bk_folder store_folder(const char *name)
{
	return (struct bk_folder){.name = name};
}

void store_begin(const struct bk_folder *folder)
{
	if (!world.account.address)
		store_make_account();
	OK(store_ops()->begin(world.store, &world.account, folder, STORE_GAP,
			      &world.writer, &world.err));
}

void store_put(const struct bk_message *msg, const void *bytes, size_t len)
{
	struct bk_sink *sink = NULL;

	OK(store_ops()->append(world.writer, msg, &sink, &world.err));
	size_t half = len / 2;
	OK(sink->write(sink, bytes, half, &world.err));
	OK(sink->write(sink, (const char *)bytes + half, len - half,
		       &world.err));
	OK(store_ops()->keep(world.writer, sink, msg, &world.err));
}

void store_put_as(const struct bk_message *msg, const char *text)
{
	char *mail = bk_asprintf(STORE_NO_HEADER "%s", text);

	store_put(msg, mail, strlen(mail));
	free(mail);
}

void store_put_text(const char *name, uint32_t uid, const char *text)
{
	const struct bk_message msg = {
		.name = name, .uid = uid, .date = 1000000000};

	store_put_as(&msg, text);
}

void store_finish(void)
{
	OK(store_ops()->finish(world.writer, &world.result, &world.err));
	world.writer = NULL;
}

/* Opens the store anew and scans the folder of that name. */
struct bk_folder *store_look_at(const char *name)
{
	store_open();
	OK(store_ops()->accounts(world.store, &world.accounts, &world.err));
	assert_true(world.accounts.n >= 1);
	struct bk_account *account = &world.accounts.items[0];
	bk_folder_list_clear(&world.folders);
	OK(store_ops()->folders(world.store, account, &world.folders,
				&world.err));
	for (size_t i = 0; i < world.folders.n; i++) {
		struct bk_folder *folder = &world.folders.items[i];
		if (strcmp(folder->name, name) != 0)
			continue;
		OK(store_ops()->scan(world.store, account, folder, &world.list,
				     &world.err));
		return folder;
	}
	fail_msg("no folder '%s'", name);
	return NULL;
}

const char *store_bytes_of(const struct bk_folder *folder, size_t i)
{
	OK(store_ops()->fetch(world.store, &world.accounts.items[0], folder,
			      &world.list.items[i], &world.body, &world.err));
	return bk_buf_text(&world.body.bytes);
}

const char *store_text_of(const struct bk_folder *folder, size_t i)
{
	const char *bytes = store_bytes_of(folder, i);
	size_t len = strlen(STORE_NO_HEADER);

	if (strncmp(bytes, STORE_NO_HEADER, len) != 0)
		fail_msg("it begins with a header: %s", bytes);
	return bytes + len;
}

struct bk_message *store_find_text(const struct bk_folder *folder,
				   const char *text)
{
	for (size_t i = 0; i < world.list.n; i++)
		if (strcmp(store_text_of(folder, i), text) == 0)
			return &world.list.items[i];
	return NULL;
}

bool store_has_keyword(const struct bk_folder *folder,
		       const struct bk_message *msg, const char *keyword)
{
	for (uint16_t i = 0; i < msg->n_keywords; i++)
		if (strcmp(folder->keywords[msg->keywords[i]], keyword) == 0)
			return true;
	return false;
}

struct bk_folder store_folder_with_uids(const char *name)
{
	return (struct bk_folder){.name = name,
				  .uid_validity = 1234567,
				  .uid_next = 50,
				  .highest_modseq = 4711};
}

static int begin_test(void **state)
{
	memset(&world, 0, sizeof(world));
	world.driver = *state;
	world.body = BK_BODY(1000);
	scratch_make(&world.scratch);
	world.driver->prepare(&world.scratch, &world.arena, &world.config);
	world.config.writable = true;
	store_open();
	return 0;
}

static int end_test(void **state)
{
	(void)state;
	bk_body_clear(&world.body);
	bk_message_list_clear(&world.list);
	bk_message_list_clear(&world.present);
	bk_folder_list_clear(&world.folders);
	bk_account_list_clear(&world.accounts);
	bk_store_close(world.store);
	if (world.driver->release)
		world.driver->release(&world.config);
	bk_arena_clear(&world.arena);
	scratch_drop(&world.scratch);
	return 0;
}

static const struct store_test *const tests[] = {
	store_account_tests, store_message_tests, store_uid_tests,
	store_merge_tests,   store_many_tests,
};

struct suite {
	struct CMUnitTest *items;
	size_t n, cap;
	struct bk_arena names;
};

static void add_test(struct suite *suite, const struct store_driver *driver,
		     const struct store_test *test)
{
	char *name = bk_asprintf("%s: %s", driver->name, test->name);

	suite->items = bk_array_room(suite->items, suite->n, &suite->cap,
				     sizeof(*suite->items));
	suite->items[suite->n++] = (struct CMUnitTest){
		.name = bk_arena_strdup(&suite->names, name),
		.test_func = test->run,
		.setup_func = begin_test,
		.teardown_func = end_test,
		.initial_state = (void *)(uintptr_t)driver,
	};
	free(name);
}

int store_contract(const struct store_driver *drivers, size_t n)
{
	struct suite suite = {0};

	for (size_t i = 0; i < n; i++)
		for (size_t k = 0; k < sizeof(tests) / sizeof(tests[0]); k++)
			for (const struct store_test *t = tests[k]; t->name;
			     t++)
				add_test(&suite, &drivers[i], t);
	int failed = _cmocka_run_group_tests("store", suite.items, suite.n,
					     NULL, NULL);
	free(suite.items);
	bk_arena_clear(&suite.names);
	return failed;
}
