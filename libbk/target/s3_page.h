/*
 * One page of a listing of S3: of objects (ListObjectsV2), of uploads that
 * were never ended (ListMultipartUploads) or of their parts (ListParts), read
 * as it comes.  A page that is cut, malformed or no listing at all is an
 * error, never a short one.
 */

#ifndef BK_TARGET_S3_PAGE_H
#define BK_TARGET_S3_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "target/s3_xml.h"

struct bk_s3_item {
	char *key;     /* objects and uploads: the whole one, decoded */
	char *upload;  /* uploads */
	uint64_t size; /* objects and parts: bytes */
	int64_t mtime; /* last written, or begun; 0: not known */
};

enum bk_s3_listing {
	BK_S3_OBJECTS,
	BK_S3_UPLOADS,
	BK_S3_PARTS,
};

struct bk_s3_page {
	struct bk_s3_xml xml; /* its sink takes the answer */
	enum bk_s3_listing what;

	struct bk_s3_item *items;
	size_t n;
	bool truncated; /* there is another page: from these */
	char *next;     /* continuation token, key or part; NULL: none */
	char *next_upload;

	/* Private. */
	size_t cap;
	struct bk_s3_item item;
	bool sized, encoded, told;
};

void bk_s3_page_init(struct bk_s3_page *page, enum bk_s3_listing what);
void bk_s3_page_clear(struct bk_s3_page *page);

/* All has come: BK_CORRUPT unless it is a whole page of that listing, and says
 * whether it is the last one, and where the next one begins. */
int bk_s3_page_end(struct bk_s3_page *page, struct bk_err *err);

/* "2026-11-19T12:30:05.123Z" in UTC seconds; 0 for what is none. */
int64_t bk_s3_time(const char *text);

#endif
