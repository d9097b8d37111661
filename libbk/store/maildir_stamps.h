/* Whether messages came to folders of Maildirs, or went, since somebody looked:
 * from outside, by two stats a folder, in this process or a later one. */

#ifndef BK_STORE_MAILDIR_STAMPS_H
#define BK_STORE_MAILDIR_STAMPS_H

#include <stdint.h>

#include "base/err.h"
#include "mail/message.h"
#include "store/store.h"

#define BK_MAILDIR_STAMP 16

/* One for each folder that the store, one of Maildirs, listed of the account:
 * another one as soon as a file came, went, or got another name in cur or new,
 * or either is another directory. */
int bk_maildir_stamps(struct bk_store *store, const struct bk_account *account,
		      const struct bk_folder_list *folders,
		      uint8_t (*out)[BK_MAILDIR_STAMP], struct bk_err *err);

#endif
