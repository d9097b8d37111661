/* sync/journal: what is written is read, by one at a time; and what becomes of
 * one that is damaged. */

#include "lib/test.h"

#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/buf.h"
#include "lib/scratch.h"
#include "sync/journal.h"

static struct scratch scratch;
static char path[128];
static struct bk_err err;
static struct bk_journal *journal;
static int64_t account;
static struct bk_journal_folder folder;

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, err.text);                   \
	} while (0)

static int begin(void **state)
{
	(void)state;
	memset(&err, 0, sizeof(err));
	scratch_make(&scratch);
	snprintf(path, sizeof(path), "%s/move.journal", scratch.path);
	OK(bk_journal_open(&journal, path, &err));
	return 0;
}

static int end(void **state)
{
	(void)state;
	bk_journal_close(journal);
	scratch_drop(&scratch);
	return 0;
}

static void again(void)
{
	bk_journal_close(journal);
	journal = NULL;
	OK(bk_journal_open(&journal, path, &err));
}

static void look(void)
{
	char copy[sizeof(path) + 8];

	(void)snprintf(copy, sizeof(copy), "%s.copy", path);
	bk_journal_close(journal);
	journal = NULL;
	OK(bk_journal_look(&journal, path, copy, &err));
}

/* Of the file. */
static int version(void)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *stmt = NULL;

	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(
		sqlite3_prepare_v2(db, "PRAGMA user_version", -1, &stmt, NULL),
		SQLITE_OK);
	assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
	int is = sqlite3_column_int(stmt, 0);
	(void)sqlite3_finalize(stmt);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	return is;
}

/* A folder with n pairs, every third with keywords. */
static void write_pairs(uint32_t n)
{
	static const uint16_t both[] = {0, 1};
	static const char *table[] = {"$Label1", "work"};
	const struct bk_folder words = {.keywords = table, .n_keywords = 2};
	struct bk_pair *pairs = bk_alloc(n * sizeof(*pairs));

	OK(bk_journal_account(journal, "ann@a.test", &account, &err));
	folder = (struct bk_journal_folder){
		.from = {.name = "Entwürfe",
			 .uid_validity = 7,
			 .uid_next = 9,
			 .highest_modseq = 1ULL << 40,
			 .messages = n},
		.to = {.name = "Drafts",       .has_guid = true,   .guid = {1, 2, 3}},
		.made = true,
	};
	OK(bk_journal_folder_put(journal, account, &folder, &err));
	for (uint32_t i = 0; i < n; i++)
		pairs[i] = (struct bk_pair){
			.id = i + 1,
			.ours = i % 2,
			.from = {.name = "base.name",
				 .uid = i + 10,
				 .flags = (uint8_t)(i % 64),
				 .n_keywords = i % 3 ? 0 : 2,
				 .keywords = both},
			.to = {.name = "", .uid = i + 20},
		};
	const struct bk_journal_news news = {.folder = folder.id,
					     .words = &words,
					     .put = pairs,
					     .n_put = n,
					     .arrived = true};
	OK(bk_journal_write(journal, &news, &err));
	free(pairs);
}

static void what_is_written_is_read(void **state)
{
	struct bk_journal_folders folders = {0};
	struct bk_pair_list pairs = {0};
	struct bk_folder words = {0};
	struct bk_uid_set uids = {0};

	(void)state;
	write_pairs(100);
	again();
	OK(bk_journal_folders(journal, account, &folders, &err));
	assert_int_equal(folders.n, 1);
	assert_string_equal(folders.items[0].from.name, "Entwürfe");
	assert_string_equal(folders.items[0].to.name, "Drafts");
	assert_true(folders.items[0].from.highest_modseq == 1ULL << 40);
	assert_true(folders.items[0].to.has_guid);
	assert_false(folders.items[0].from.has_guid);
	assert_true(folders.items[0].made);
	OK(bk_journal_pairs(journal, folder.id, &words, &pairs, &err));
	assert_int_equal(pairs.n, 100);
	assert_int_equal(pairs.items[3].from.uid, 13);
	assert_int_equal(pairs.items[3].to.uid, 23);
	assert_int_equal(pairs.items[3].from.flags, 3);
	assert_true(pairs.items[3].ours);
	assert_int_equal(pairs.items[3].from.n_keywords, 2);
	assert_string_equal(words.keywords[pairs.items[3].from.keywords[1]],
			    "work");
	assert_int_equal(pairs.items[4].from.n_keywords, 0);
	assert_string_equal(pairs.items[4].from.name, "base.name");
	OK(bk_journal_uids(journal, folder.id, false, &uids, &err));
	assert_int_equal(bk_uid_set_count(&uids), 100);
	assert_true(bk_uid_set_has(&uids, 20));
	bk_uid_set_clear(&uids);
	bk_pair_list_clear(&pairs);
	bk_folder_clear(&words);
	bk_journal_folders_clear(&folders);
}

static void a_batch_is_on_its_way_until_it_arrived(void **state)
{
	struct bk_message msgs[] = {
		{.name = "b", .uid = 2},
                {.name = "",  .uid = 1}
        };
	struct bk_message *list[] = {&msgs[0], &msgs[1]};
	struct bk_journal_batch batch = {0};

	(void)state;
	write_pairs(1);
	OK(bk_journal_batch_put(journal, folder.id, 55, list, 2, &err));
	again();
	OK(bk_journal_batch(journal, folder.id, &batch, &err));
	assert_int_equal(batch.to_uid_next, 55);
	assert_int_equal(batch.messages.n, 2);
	assert_int_equal(batch.messages.items[0].uid, 1);
	assert_string_equal(batch.messages.items[1].name, "b");
	write_pairs(1);
	OK(bk_journal_batch(journal, folder.id, &batch, &err));
	assert_int_equal(batch.messages.n, 0);
	bk_message_list_clear(&batch.messages);
}

static void one_process_at_a_time_has_it(void **state)
{
	int status;

	(void)state;
	write_pairs(3);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct bk_journal *second = NULL;
		int rc = bk_journal_open(&second, path, &err);
		_exit(rc < 0 && err.kind == BK_BUSY ? 0 : 1);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void nobody_else_may_read_it(void **state)
{
	struct stat st;

	(void)state;
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
}

static void what_is_no_journal_is_not_one(void **state)
{
	(void)state;
	bk_journal_close(journal);
	journal = NULL;
	scratch_file(&scratch, "move.journal", "");
	again();
	bk_journal_close(journal);
	journal = NULL;
	scratch_file(&scratch, "move.journal",
		     "this was never a database, and is longer than a header "
		     "of one, which has one hundred bytes to begin with");
	again();
	assert_non_null(strstr(bk_journal_set_aside(journal), ".damaged"));
	assert_true(scratch_has(&scratch, "move.journal.damaged"));
}

/* Every byte of it another, one after the other: what is read then is what was
 * written, or it is told that it is not. */
static void no_byte_that_is_another_is_believed(void **state)
{
	struct bk_pair_list pairs = {0};
	struct bk_folder words = {0};

	(void)state;
	write_pairs(40);
	bk_journal_close(journal);
	journal = NULL;
	int fd = open(path, O_RDWR);
	off_t size = lseek(fd, 0, SEEK_END);
	assert_true(size > 8192);
	for (off_t at = 0; at < size; at += 37) {
		uint8_t byte;
		assert_int_equal(pread(fd, &byte, 1, at), 1);
		byte ^= 0x11;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		int rc = bk_journal_open(&journal, path, &err);
		if (rc == 0 && !bk_journal_set_aside(journal))
			rc = bk_journal_pairs(journal, folder.id, &words,
					      &pairs, &err);
		for (size_t i = 0; rc == 0 && i < pairs.n; i++) {
			const struct bk_pair *pair = &pairs.items[i];
			assert_int_equal(pair->from.uid, pair->id + 9);
			assert_int_equal(pair->to.uid, pair->id + 19);
			assert_int_equal(pair->ours, (pair->id - 1) % 2);
		}
		bk_pair_list_clear(&pairs);
		bk_journal_close(journal);
		journal = NULL;
		/* What was set aside comes back as it was. */
		byte ^= 0x11;
		assert_int_equal(pwrite(fd, &byte, 1, at), 1);
		char aside[160];
		snprintf(aside, sizeof(aside), "%s.damaged", path);
		(void)renameat(AT_FDCWD, aside, AT_FDCWD, path);
	}
	close(fd);
	bk_folder_clear(&words);
}

static void an_account_that_is_dropped_begins_anew(void **state)
{
	struct bk_journal_accounts accounts = {0};
	struct bk_journal_folders folders = {0};

	(void)state;
	write_pairs(5);
	OK(bk_journal_account_end(journal, account, 5, 1, &err));
	OK(bk_journal_accounts(journal, &accounts, &err));
	assert_int_equal(accounts.n, 1);
	assert_int_equal(accounts.items[0].passes, 1);
	assert_int_equal(accounts.items[0].left, 1);
	assert_true(accounts.items[0].ended > 0);
	OK(bk_journal_account_drop(journal, "ann@a.test", &err));
	OK(bk_journal_accounts(journal, &accounts, &err));
	assert_int_equal(accounts.n, 0);
	OK(bk_journal_folders(journal, account, &folders, &err));
	assert_int_equal(folders.n, 0);
	bk_journal_accounts_clear(&accounts);
	bk_journal_folders_clear(&folders);
}

/* Made by version 1, with rights: the table that it had. */
static void one_of_before_is_read(void **state)
{
	static const char before[] =
		"DROP TABLE rights;"
		"CREATE TABLE rights (folder INTEGER NOT NULL,"
		" who TEXT NOT NULL, rights TEXT NOT NULL,"
		" PRIMARY KEY (folder, who)) WITHOUT ROWID;"
		"INSERT INTO rights SELECT id, 'user=bob', 'lrs' FROM folders;"
		"PRAGMA user_version = 1;";
	struct bk_journal_rights rights = {0};
	sqlite3 *db = NULL;

	(void)state;
	write_pairs(1);
	bk_journal_close(journal);
	journal = NULL;
	assert_int_equal(sqlite3_open(path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, before, NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
	for (int i = 0; i < 3; i++) {
		if (i == 0)
			look();
		else
			again();
		assert_int_equal(version(), i == 0 ? 1 : 2);
		OK(bk_journal_rights(journal, account, &rights, &err));
		assert_int_equal(rights.n, 1);
		assert_string_equal(rights.items[0].who, "user=bob");
		assert_string_equal(rights.items[0].rights, "lrs");
		assert_null(rights.items[0].sent);
		assert_string_equal(rights.items[0].source, "user=bob lrs");
	}
	const struct bk_journal_right now[] = {
		{.who = "user=a", .rights = "", .sent = "",       .source = ""},
		{.who = "user=b",               .rights = "lr",             .source = "user=x lr"},
	};
	OK(bk_journal_rights_put(journal, folder.id, now, 2, &err));
	again();
	OK(bk_journal_rights(journal, account, &rights, &err));
	assert_int_equal(rights.n, 2);
	assert_string_equal(rights.items[0].sent, "");
	assert_string_equal(rights.items[1].source, "user=x lr");
	size_t n = 0;
	assert_ptr_equal(bk_journal_rights_of(&rights, folder.id, &n),
			 rights.items);
	assert_int_equal(n, 2);
	(void)bk_journal_rights_of(&rights, folder.id + 1, &n);
	assert_int_equal(n, 0);
	bk_journal_rights_clear(&rights);
}

int main(void)
{
#define JOURNAL_TEST(t) cmocka_unit_test_setup_teardown(t, begin, end)
	const struct CMUnitTest tests[] = {
		JOURNAL_TEST(what_is_written_is_read),
		JOURNAL_TEST(a_batch_is_on_its_way_until_it_arrived),
		JOURNAL_TEST(one_process_at_a_time_has_it),
		JOURNAL_TEST(nobody_else_may_read_it),
		JOURNAL_TEST(what_is_no_journal_is_not_one),
		JOURNAL_TEST(no_byte_that_is_another_is_believed),
		JOURNAL_TEST(an_account_that_is_dropped_begins_anew),
		JOURNAL_TEST(one_of_before_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
