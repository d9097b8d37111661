/* A file for each account in a folder: an address may hold what no file name
 * may, so its name is a digest of it. */

#ifndef BK_JOB_ACCOUNT_FILE_H
#define BK_JOB_ACCOUNT_FILE_H

#include "base/buf.h"
#include "base/err.h"

/* Its path; the caller's to free. */
char *bk_account_file(const char *folder, const char *account);

/* Replaces it as a whole, making the folder; on disk when it returns. */
int bk_account_file_write(const char *folder, const char *path,
			  struct bk_view text, struct bk_err *err);

/* It is gone, on disk; it need not have been there. */
int bk_account_file_drop(const char *path, struct bk_err *err);

#endif
