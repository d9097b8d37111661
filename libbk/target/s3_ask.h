/*
 * One question to S3 and its answer: addressed, signed, sent, and refusals
 * understood.  What the files of the S3 driver share.
 */

#ifndef BK_TARGET_S3_ASK_H
#define BK_TARGET_S3_ASK_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/stream.h"
#include "crypto/md5.h"
#include "net/link.h"
#include "target/s3_error.h"
#include "target/s3_sign.h"
#include "target/target.h"

struct bk_s3 {
	struct bk_target target;
	struct bk_link *link;
	char *bucket;
	char *prefix; /* "mx1/": before every name; "" for none */
	char *origin; /* "https://host:port", with the bucket in virtual host */
	char *host;   /* what the Host header says */
	bool virtual_host;
	struct bk_s3_keys keys;
	size_t part_size; /* bytes of a part of an upload, the last one apart */
	atomic_bool unproved; /* some ETag was no sum of what was put */
};

struct bk_s3_question {
	const char *method;
	const char *key; /* NULL: the bucket itself */
	struct bk_s3_fields query;
	struct bk_view body; /* sent if `sends` */
	bool sends;

	/* Filled by asking: the sum of the body; after a refusal, why. */
	uint8_t md5[BK_MD5_LEN];
	struct bk_s3_complaint complaint;
};

/* The key of a name: the caller's. */
char *bk_s3_key(const struct bk_s3 *s3, const char *name);

/* Addresses and signs: the line is ready to be run, by the caller or by
 * bk_http_get or bk_http_size. */
void bk_s3_ready(const struct bk_s3 *s3, struct bk_line *line,
		 struct bk_s3_question *question);

/*
 * The whole act: the body of the answer goes to `to` (NULL: nowhere), its
 * headers stay in the line.  -1 for all but a 2xx, of the kind that the code in
 * the answer says, or else its status.
 */
int bk_s3_ask(const struct bk_s3 *s3, struct bk_line *line,
	      struct bk_s3_question *question, struct bk_sink *to,
	      struct bk_err *err);

/* The same, on a line of its own, for questions whose answer is all in the
 * body. */
int bk_s3_ask_once(const struct bk_s3 *s3, struct bk_s3_question *question,
		   struct bk_sink *to, struct bk_err *err);

/* Gives *err, which says what the status means, the answer's own reason, if it
 * has one; returns -1. */
int bk_s3_explain(const struct bk_line *line, struct bk_s3_complaint *complaint,
		  struct bk_err *err);

/* HEAD of a key: its size; BK_GONE when it is not there. */
int bk_s3_size(const struct bk_s3 *s3, const char *key, uint64_t *size,
	       struct bk_err *err);

#endif
