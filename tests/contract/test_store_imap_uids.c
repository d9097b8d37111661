/* UIDs that a Dovecot with doveadm keeps: gaps of every width, others who write
 * meanwhile, and a key that is wrong. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/imap_place.h"
#include "lib/test.h"
#include "store/doveadm.h"

#define VALIDITY 1234567

static char where[64];
static struct bk_access doveadm_access = {.allow_cleartext = true,
					  .password = "env:DOVEADM_KEY"};
static struct bk_err err;

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, err.text);                   \
	} while (0)

struct end {
	struct bk_arena arena;
	struct bk_store_config config;
	struct bk_store_server server; /* with doveadm */
	const struct bk_store_server *lent;
	struct bk_store *store;
	struct bk_account account;
	struct bk_folder_writer *writer;
	struct bk_folder_result result;
	struct bk_message_list list;
};

static void open_end(struct end *end, bool same)
{
	*end = (struct end){0};
	if (same)
		imap_place_config_same(&end->arena, 0, &end->config);
	else
		imap_place_config(&end->arena, 0, &end->config);
	end->lent = end->config.server;
	end->server = *end->lent;
	if (!same)
		OK(bk_doveadm_open(&end->server.doveadm, where, &doveadm_access,
				   &err));
	end->config.server = &end->server;
	OK(bk_store_open(&end->store, &end->config, &err));
	OK(end->store->ops->find_account(end->store, imap_place_account,
					 &end->arena, &end->account, &err));
}

static void close_end(struct end *end)
{
	bk_store_close(end->store);
	bk_doveadm_close(end->server.doveadm);
	end->config.server = end->lent;
	imap_place_release(&end->config);
	bk_message_list_clear(&end->list);
	bk_arena_clear(&end->arena);
}

static struct bk_folder wish(const char *name, uint32_t uid_next)
{
	return (struct bk_folder){.name = name,
				  .uid_validity = VALIDITY,
				  .uid_next = uid_next,
				  .highest_modseq = 5000};
}

static void flush(struct end *end)
{
	OK(end->store->ops->flush(end->writer, &end->list, &err));
}

static void put(struct end *end, uint32_t uid, bool crlf)
{
	const struct bk_store_ops *ops = end->store->ops;
	const char *text =
		crlf ? "Subject: x\r\n\r\nx\r\n" : "Subject: x\n\nx\n";
	const struct bk_message msg = {.name = "",
				       .uid = uid,
				       .crlf = crlf,
				       .date = 1700000000,
				       .size = strlen(text)};
	struct bk_sink *body = NULL;

	OK(ops->append(end->writer, &msg, &body, &err));
	OK(body->write(body, text, strlen(text), &err));
	OK(ops->keep(end->writer, body, &msg, &err));
}

static void finish(struct end *end)
{
	OK(end->store->ops->finish(end->writer, &end->result, &err));
}

/* UIDs that are in the folder, and its UIDVALIDITY. */
static uint32_t look(struct end *end, const char *name, char *uids, size_t room)
{
	struct bk_folder_list folders = {0};
	struct bk_message_list list = {0};
	uint32_t validity = 0;

	OK(end->store->ops->folders(end->store, &end->account, &folders, &err));
	*uids = '\0';
	for (size_t i = 0; i < folders.n; i++) {
		struct bk_folder *folder = &folders.items[i];
		if (strcmp(folder->name, name) != 0)
			continue;
		OK(end->store->ops->scan(end->store, &end->account, folder,
					 &list, &err));
		validity = folder->uid_validity;
		for (size_t k = 0; k < list.n; k++)
			(void)snprintf(uids + strlen(uids), room - strlen(uids),
				       "%u ", list.items[k].uid);
		(void)snprintf(uids + strlen(uids), room - strlen(uids),
			       "next %u", folder->uid_next);
	}
	bk_message_list_clear(&list);
	bk_folder_list_clear(&folders);
	return validity;
}

static void keep_gaps(const char *name, bool crlf)
{
	struct end end;
	struct bk_folder folder = wish(name, 200000);
	char uids[200];

	open_end(&end, false);
	OK(end.store->ops->begin(end.store, &end.account, &folder, 0,
				 &end.writer, &err));
	assert_true(end.writer->keeps_uids);
	if (crlf)
		flush(&end);
	put(&end, 3, crlf);
	put(&end, 4, crlf);
	put(&end, 6, crlf);
	put(&end, 207, crlf);
	put(&end, 409, crlf);
	put(&end, 100410, crlf);
	if (crlf) {
		flush(&end);
		assert_int_equal(end.list.n, 6);
		assert_int_equal(end.list.items[5].uid, 100410);
	}
	assert_true(end.writer->keeps_uids);
	finish(&end);
	assert_true(end.result.kept_uids);
	assert_int_equal(end.result.uid_next, 200000);
	assert_string_equal(end.result.note, "");
	assert_int_equal(look(&end, name, uids, sizeof(uids)), VALIDITY);
	assert_string_equal(uids, "3 4 6 207 409 100410 next 200000");
	close_end(&end);
}

static void gaps_of_every_width_are_kept(void **state)
{
	(void)state;
	keep_gaps("New", true);
	keep_gaps("New", false);
	keep_gaps("INBOX", true);
	keep_gaps("Entw\303\274rfe/26", false);
}

/* Somebody else's message is between two of ours. */
static void intrude(struct end *ours, const char *name)
{
	struct end other;
	struct bk_folder folder = {.name = name};

	(void)ours;
	open_end(&other, true);
	OK(other.store->ops->begin(other.store, &other.account, &folder, 0,
				   &other.writer, &err));
	put(&other, 0, false);
	finish(&other);
	close_end(&other);
}

static void a_uid_that_somebody_else_took_is_not_claimed(void **state)
{
	struct end end;
	struct bk_folder folder = wish("New", 50);
	char uids[200];

	(void)state;
	open_end(&end, false);
	OK(end.store->ops->begin(end.store, &end.account, &folder, 0,
				 &end.writer, &err));
	flush(&end);
	put(&end, 7, true);
	flush(&end);
	assert_int_equal(end.list.items[0].uid, 7);
	intrude(&end, "New");
	put(&end, 8, true);
	put(&end, 9, true);
	flush(&end);
	assert_false(end.writer->keeps_uids);
	assert_int_equal(end.list.n, 2);
	assert_int_equal(end.list.items[0].uid, 9);
	assert_int_equal(end.list.items[1].uid, 10);
	finish(&end);
	assert_false(end.result.kept_uids);
	assert_non_null(strstr(end.result.note, "8 is another message's"));
	uint32_t validity = look(&end, "New", uids, sizeof(uids));
	assert_int_not_equal(validity, VALIDITY);
	assert_int_equal(end.result.uid_validity, validity);
	assert_string_equal(uids, "7 8 9 10 next 11");
	close_end(&end);
}

static void a_wrong_key_is_a_clear_error(void **state)
{
	struct end end;
	struct bk_folder folder = wish("New", 50);

	(void)state;
	setenv("DOVEADM_KEY", "wrong", 1);
	open_end(&end, false);
	setenv("DOVEADM_KEY", "key", 1);
	err = (struct bk_err){0};
	assert_int_equal(end.store->ops->begin(end.store, &end.account, &folder,
					       0, &end.writer, &err),
			 -1);
	assert_int_equal(err.kind, BK_FAILED);
	assert_non_null(strstr(err.text, "doveadm-password"));
	err = (struct bk_err){0};
	close_end(&end);
}

/* A port of its own for doveadm. */
static void start(void)
{
	char conf[400], port[16] = "";
	FILE *ports = popen("tests/lib/free_ports 1", "r");

	assert_non_null(ports);
	assert_non_null(fgets(port, sizeof(port), ports));
	(void)pclose(ports);
	port[strcspn(port, "\n")] = '\0';
	(void)snprintf(where, sizeof(where), "http://127.0.0.1:%s", port);
	(void)snprintf(conf, sizeof(conf),
		       "doveadm_api_key = key\nservice doveadm {\n"
		       "  inet_listener http {\n    port = %s\n  }\n}\n",
		       port);
	setenv("DOVEADM_KEY", "key", 1);
	imap_place_start(IMAP_DOVECOT, conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(gaps_of_every_width_are_kept),
		cmocka_unit_test(a_uid_that_somebody_else_took_is_not_claimed),
		cmocka_unit_test(a_wrong_key_is_a_clear_error),
	};

	if (!imap_place_can(IMAP_DOVECOT))
		return 0;
	start();
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	imap_place_stop();
	return failed;
}
