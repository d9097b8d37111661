/* Folders from outside: see maildir_stamps.h. */

#include "store/maildir_stamps.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/bytes.h"
#include "crypto/digest.h"
#include "store/dents.h"
#include "store/maildir.h"

static void add_part(struct bk_sha256 *sha, int root, struct bk_view raw,
		     const char *part)
{
	char *path = bk_asprintf("%.*s/%s", (int)raw.len,
				 (const char *)raw.data, part);
	struct bk_stamp stamp;
	uint8_t text[24];

	bk_stamp_read_at(&stamp, root, path);
	bk_put_u64(text, stamp.inode);
	bk_put_u64(text + 8, (uint64_t)stamp.mtime_ns);
	bk_put_u64(text + 16, (uint64_t)stamp.ctime_ns);
	bk_sha256_update(sha, text, sizeof(text));
	free(path);
}

int bk_maildir_stamps(struct bk_store *store, const struct bk_account *account,
		      const struct bk_folder_list *folders,
		      uint8_t (*out)[BK_MAILDIR_STAMP], struct bk_err *err)
{
	int root = bk_maildir_root(bk_maildir_of(store), account, err);
	uint8_t whole[BK_SHA256_LEN];
	struct bk_sha256 sha;

	if (root < 0)
		return -1;
	for (size_t i = 0; i < folders->n; i++) {
		bk_sha256_init(&sha);
		add_part(&sha, root, folders->items[i].raw, "cur");
		add_part(&sha, root, folders->items[i].raw, "new");
		bk_sha256_final(&sha, whole);
		memcpy(out[i], whole, BK_MAILDIR_STAMP);
	}
	(void)close(root);
	return 0;
}
