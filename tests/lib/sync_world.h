/*
 * Two Maildir accounts and a journal, for tests of moves: what is in them is
 * written and read as files, by no part of the engine.  Every helper fails the
 * test, but those that try.
 */

#ifndef BK_TESTS_SYNC_WORLD_H
#define BK_TESTS_SYNC_WORLD_H

#include "lib/scratch.h"
#include "lib/test.h"
#include "sync/journal.h"
#include "sync/sync.h"

extern struct sync_world {
	struct scratch scratch;
	struct bk_store *from, *to;
	struct bk_journal *journal;
	struct bk_sync_request request;
	struct bk_sync_counts counts;
	struct bk_arena arena;
	struct bk_account from_account, to_account;
	struct bk_err err;
	struct bk_store_config from_config, to_config;
	char from_path[128], to_path[128], journal_path[128];
} s;

/* Set-up and tear-down: accounts in "from" and "to" of the scratch folder. */
int sync_world_begin(void **state);
int sync_world_end(void **state);
#define SYNC_TEST(t)                                                           \
	cmocka_unit_test_setup_teardown(t, sync_world_begin, sync_world_end)

/* A message of the source or destination ("from/cur/1.a:2,S") with this text,
 * delivered at 1000000000. */
void sync_put(const char *path, const char *text);

/* Stores and journal, into s.request. */
void sync_open(void);
void sync_close(void);
/* A pass, with stores and journal opened anew: 0 or -1 with s.err. */
int sync_try(void);
void sync_pass(void);

/*
 * Every message of a tree, one a line, sorted: folder, flags, date and text;
 * the caller frees it.  Keywords are letters.
 */
char *sync_contents(const char *tree);
/* The destination has what the source has, each as often. */
void sync_assert_same(void);

#endif
