/*
 * Signing what is asked of S3: AWS Signature Version 4, in the form of the
 * Authorization header and with all of the body's hash in one ("Transferring
 * Payload in a Single Chunk").  No input or output: what is signed is what the
 * caller then sends.
 */

#ifndef BK_TARGET_S3_SIGN_H
#define BK_TARGET_S3_SIGN_H

#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"

#define BK_S3_FIELDS 8

/* x-amz-content-sha256 where the body is proved by other means. */
#define BK_S3_UNSIGNED "UNSIGNED-PAYLOAD"
/* ... and where there is none. */
#define BK_S3_NO_BODY                                                          \
	"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

#define BK_S3_DATE_LEN 17 /* with the NUL */

struct bk_s3_keys {
	const char *id;
	const char *secret;
	const char *region;
};

struct bk_s3_field {
	const char *name;
	const char *value;
};

/* Up to BK_S3_FIELDS of them, in any order; {0} is a valid empty one. */
struct bk_s3_fields {
	struct bk_s3_field items[BK_S3_FIELDS];
	size_t n;
};

struct bk_s3_request {
	const char *method;
	const char *path; /* escaped: "/bucket/key" */
	struct bk_s3_fields query;
	struct bk_s3_fields headers; /* names in lower case; all are signed:
					host and x-amz-date among them */
	const char *payload;         /* x-amz-content-sha256 */
	int64_t now;                 /* UTC seconds; that of x-amz-date */
};

/* Both are kept by pointer.  Aborts when there is no room. */
void bk_s3_fields_add(struct bk_s3_fields *fields, const char *name,
		      const char *value);

/* "20261119T123005Z", as x-amz-date wants it; returns `out`. */
const char *bk_s3_date(char out[BK_S3_DATE_LEN], int64_t now);

/* Appends text with all but unreserved characters as %XX, '/' too. */
void bk_s3_escape(struct bk_buf *out, const char *text);

/* Appends the query, escaped and in the order in which it is signed. */
void bk_s3_query(struct bk_buf *out, const struct bk_s3_fields *query);

/* Appends the value of the Authorization header. */
void bk_s3_sign(struct bk_buf *out, const struct bk_s3_request *request,
		const struct bk_s3_keys *keys);

#endif
