/* Puts of the FTP driver, and the sweep of what puts left: see ftp.h. */

#ifndef BK_TARGET_FTP_PUT_H
#define BK_TARGET_FTP_PUT_H

#include "target/target.h"

int bk_ftp_put_begin(struct bk_target *target, const char *name,
		     uint64_t length, struct bk_put **out, struct bk_err *err);
int bk_ftp_put_write(struct bk_put *base, const void *data, size_t len,
		     struct bk_err *err);
int bk_ftp_put_commit(struct bk_put *base, struct bk_err *err);
void bk_ftp_put_abort(struct bk_put *base);

#endif
