/* A store over a Maildir tree in a scratch folder, for tests: what was read of
 * it last.  Every helper fails the test, but those that try. */

#ifndef BK_TESTS_MAILDIR_WORLD_H
#define BK_TESTS_MAILDIR_WORLD_H

#include "lib/scratch.h"
#include "lib/test.h"
#include "store/store.h"

extern struct maildir_world {
	struct scratch scratch;
	struct bk_store_config config;
	struct bk_store *store;
	struct bk_account_list accounts;
	struct bk_folder_list folders;
	struct bk_message_list list;
	struct bk_body body;
	struct bk_err err;
	char path[128], control[128];
} w;

#define OK(call)                                                               \
	do {                                                                   \
		if ((call) < 0)                                                \
			fail_msg("%s: %s", #call, w.err.text);                 \
	} while (0)

/* Set-up and tear-down: the account is the folder "m" of the scratch folder. */
int maildir_world_begin(void **state);
int maildir_world_end(void **state);

void read_accounts(void); /* opens the store anew */
void read_folders(void);  /* of the only account */
struct bk_folder *folder(const char *name);
int try_scan(const char *name);
struct bk_folder *scan(const char *name);
int try_fetch(const char *name, size_t i);
const char *fetch(const char *name, size_t i);
void rename_in_scratch(const char *from, const char *to);

#endif
