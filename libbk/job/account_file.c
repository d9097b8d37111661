/* A file for each account: see account_file.h. */

#include "job/account_file.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/digest.h"

char *bk_account_file(const char *folder, const char *account)
{
	uint8_t digest[BK_SHA256_LEN];
	struct bk_sha256 sha;
	struct bk_buf path = {0};

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, account, strlen(account));
	bk_sha256_final(&sha, digest);
	bk_buf_printf(&path, "%s/", folder);
	for (size_t i = 0; i < 16; i++)
		bk_buf_printf(&path, "%02x", digest[i]);
	char *text = bk_strdup(bk_buf_text(&path));
	bk_buf_clear(&path);
	return text;
}

int bk_account_file_write(const char *folder, const char *path,
			  struct bk_view text, struct bk_err *err)
{
	if (bk_dir_make(AT_FDCWD, folder, 0700, err) < 0)
		return -1;
	return bk_file_replace(AT_FDCWD, path, text, 0600, err);
}

int bk_account_file_drop(const char *path, struct bk_err *err)
{
	if (unlink(path) < 0)
		return errno == ENOENT ? 0 : bk_fail_errno(err, "%s", path);
	return bk_dir_sync(AT_FDCWD, path, err);
}
