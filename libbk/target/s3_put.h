/*
 * Puts to S3: a small blob in one request, a large one in parts that become an
 * object when the last one is there.  A part is gathered in memory first: its
 * hash goes ahead of it.
 */

#ifndef BK_TARGET_S3_PUT_H
#define BK_TARGET_S3_PUT_H

#include <stdint.h>

#include "base/err.h"
#include "target/s3_ask.h"
#include "target/target.h"

/* As the ops of a target. */
int bk_s3_put_begin(struct bk_target *target, const char *name, uint64_t length,
		    struct bk_put **out, struct bk_err *err);
int bk_s3_put_write(struct bk_put *base, const void *data, size_t len,
		    struct bk_err *err);
int bk_s3_put_commit(struct bk_put *base, struct bk_err *err);
void bk_s3_put_abort(struct bk_put *base);

/* Takes the parts of an upload away; what fails stays for a sweep. */
void bk_s3_upload_abort(const struct bk_s3 *s3, const char *key,
			const char *upload);

#endif
