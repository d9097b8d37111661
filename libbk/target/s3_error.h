/*
 * What S3 says when it refuses: a code and a message in XML, turned into a
 * kind and into what a person should do.
 */

#ifndef BK_TARGET_S3_ERROR_H
#define BK_TARGET_S3_ERROR_H

#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"

#define BK_S3_CODE_MAX 64

struct bk_s3_complaint {
	char code[BK_S3_CODE_MAX]; /* "NoSuchKey"; "" if there was none */
	char message[200];
	char region[BK_S3_CODE_MAX]; /* where the bucket lies, if it says so */
};

/* Notes one element of an <Error>; for bk_s3_ended. */
void bk_s3_complaint_take(struct bk_s3_complaint *out, const char *path,
			  const char *text);

/* Notes the region in which the bucket lies. */
void bk_s3_complaint_place(struct bk_s3_complaint *out, const char *region);

/* Reads the body of an answer, as much of it as there is. */
void bk_s3_complaint_read(struct bk_s3_complaint *out, struct bk_view body);

/*
 * Fails as the code says.  An unknown one leaves the kind of *err, which the
 * caller has filled from the status, and puts the code and the message into
 * its text; without a code *err stays.  `ahead_s` is how far this host's clock
 * is ahead of the server's, or 0.  Returns -1.
 */
int bk_s3_complain(const struct bk_s3_complaint *complaint, int64_t ahead_s,
		   struct bk_err *err);

#endif
