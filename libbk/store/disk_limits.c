/* What a disk has free: see disk_limits.h. */

#include "store/disk_limits.h"

#include <sys/statvfs.h>

#include "base/path.h"

int bk_store_disk_limits(struct bk_store *store,
			 const struct bk_account *account,
			 struct bk_store_limits *out, struct bk_err *err)
{
	struct statvfs disk;

	(void)store;
	if (bk_path_disk(account->root, &disk, err) < 0)
		return -1;
	*out = (struct bk_store_limits){
		.bytes = (uint64_t)disk.f_bavail * disk.f_frsize,
		.messages = UINT64_MAX,
		.message = UINT64_MAX,
		.shared = true,
	};
	return 0;
}
