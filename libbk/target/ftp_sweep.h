/* All below a folder of the FTP driver, and what puts left there: see ftp.h. */

#ifndef BK_TARGET_FTP_SWEEP_H
#define BK_TARGET_FTP_SWEEP_H

#include <stdbool.h>
#include <stdint.h>

#include "target/target.h"

int bk_ftp_list(struct bk_target *target, const char *folder,
		struct bk_blob_list *out, struct bk_err *err);
int bk_ftp_sweep(struct bk_target *target, int64_t older_s,
		 bool (*ours)(const char *name), struct bk_err *err);

#endif
