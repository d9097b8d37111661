/* What lies in a bucket, page by page: objects, and uploads that were never
 * ended. */

#ifndef BK_TARGET_S3_LIST_H
#define BK_TARGET_S3_LIST_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "target/s3_ask.h"
#include "target/target.h"

/* As the ops `list` and `sweep` of a target. */
int bk_s3_list(struct bk_s3 *s3, const char *folder, struct bk_blob_list *out,
	       struct bk_err *err);
int bk_s3_sweep(struct bk_s3 *s3, int64_t older_s,
		bool (*ours)(const char *name), struct bk_err *err);

/* Asks whether this bucket can be listed: the one question that shows whether
 * address, keys and bucket are right.  `complaint` says why not. */
int bk_s3_look(const struct bk_s3 *s3, struct bk_s3_complaint *complaint,
	       struct bk_err *err);

#endif
