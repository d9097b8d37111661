/* What the tests of contract/store.h share: one store, one account, and what
 * was read of them last.  Every helper fails the test. */

#ifndef BK_TESTS_CONTRACT_STORE_WORLD_H
#define BK_TESTS_CONTRACT_STORE_WORLD_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "contract/store.h"
#include "lib/test.h"

#define STORE_GAP       1000 /* the gap that store_begin asks for */
#define STORE_NO_HEADER "\r\n"

struct store_world {
	const struct store_driver *driver;
	struct scratch scratch;
	struct bk_arena arena;
	struct bk_store_config config;
	struct bk_store *store;
	struct bk_account account;
	struct bk_account_list accounts;
	struct bk_folder_list folders;
	struct bk_message_list list, present;
	struct bk_folder_writer *writer;
	struct bk_folder_result result;
	struct bk_body body;
	struct bk_err err;
};

extern struct store_world world;

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, world.err.text);             \
	} while (0)

struct store_test {
	const char *name;
	CMUnitTestFunction run;
};
#define STORE_TEST(t)                                                          \
	{                                                                      \
#t, t                                                          \
	}

/* Each ends with {NULL, NULL}. */
extern const struct store_test store_account_tests[];
extern const struct store_test store_message_tests[];
extern const struct store_test store_uid_tests[];
extern const struct store_test store_merge_tests[];
extern const struct store_test store_many_tests[];

const struct bk_store_ops *store_ops(void);
/* Opens the store anew. */
void store_open(void);
void store_make_account(void);
struct bk_folder store_folder(const char *name);
/* UIDVALIDITY 1234567, UIDNEXT 50. */
struct bk_folder store_folder_with_uids(const char *name);
/* Begins to write a folder: world.writer. */
void store_begin(const struct bk_folder *folder);
void store_put(const struct bk_message *msg, const void *bytes, size_t len);
/* The same of a text below an empty header: some servers look at headers. */
void store_put_as(const struct bk_message *msg, const char *text);
void store_put_text(const char *name, uint32_t uid, const char *text);
/* Ends it: world.result. */
void store_finish(void);
/* Opens the store anew and scans the folder of that name into world.list. */
struct bk_folder *store_look_at(const char *name);
/* The bytes of world.list.items[i]. */
const char *store_bytes_of(const struct bk_folder *folder, size_t i);
/* What of them was given to store_put_text() or store_put_as(). */
const char *store_text_of(const struct bk_folder *folder, size_t i);
/* The message with this text, or NULL. */
struct bk_message *store_find_text(const struct bk_folder *folder,
				   const char *text);
bool store_has_keyword(const struct bk_folder *folder,
		       const struct bk_message *msg, const char *keyword);

#endif
