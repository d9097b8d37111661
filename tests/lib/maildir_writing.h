/* Writing into the Maildir tree of lib/maildir_world.h.  Every helper fails the
 * test. */

#ifndef BK_TESTS_MAILDIR_WRITING_H
#define BK_TESTS_MAILDIR_WRITING_H

#include "lib/maildir_world.h"

extern struct bk_folder_writer *writer;
extern struct bk_folder_result result;
extern struct bk_account account;
extern struct bk_arena arena;

/* Set-up and tear-down. */
int maildir_writing_begin(void **state);
int maildir_writing_end(void **state);

void open_store(void); /* anew, with the account made */
void begin_folder(const struct bk_folder *to);
void put(const struct bk_message *msg, const char *text);
void finish(void); /* into `result` */
size_t count_files(const char *dir);
void assert_text(const char *name, const char *want);

#endif
