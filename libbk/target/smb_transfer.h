/* Moving the bytes of blobs by a process of bk-smb: half of smb.c. */

#ifndef BK_TARGET_SMB_TRANSFER_H
#define BK_TARGET_SMB_TRANSFER_H

#include "target/smb_pool.h"
#include "target/target.h"

struct bk_smb {
	struct bk_target target;
	struct bk_smb_pool pool;
	char *where;
};

static inline struct bk_smb *bk_smb_of(struct bk_target *target)
{
	return (struct bk_smb *)target;
}

/* Puts "WHERE/NAME: " before an error; -1. */
int bk_smb_failed_at(const struct bk_target *target, const char *name,
		     struct bk_err *err);
/* Sends a request that has all fields but the last, a name; clears it. */
int bk_smb_ask(struct bk_smb_child *child, struct bk_buf *request,
	       const char *name, struct bk_err *err);

/* The ops of a target. */
int bk_smb_put_begin(struct bk_target *target, const char *name,
		     uint64_t length, struct bk_put **out, struct bk_err *err);
int bk_smb_put_write(struct bk_put *base, const void *data, size_t len,
		     struct bk_err *err);
int bk_smb_put_commit(struct bk_put *base, struct bk_err *err);
void bk_smb_put_abort(struct bk_put *base);
int bk_smb_get(struct bk_target *target, const char *name, uint64_t offset,
	       uint64_t len, struct bk_sink *to, struct bk_err *err);

#endif
