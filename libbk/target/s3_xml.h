/*
 * What S3 answers in XML, read as it comes: a sink that tells of each element
 * when it ends.  Nothing in it is believed: a document type (and with it every
 * entity of its own) is refused, and depth, texts and the whole have limits.
 */

#ifndef BK_TARGET_S3_XML_H
#define BK_TARGET_S3_XML_H

#include <expat.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/stream.h"

#define BK_S3_XML_PATH  256
#define BK_S3_XML_DEPTH 8

/*
 * An element ended: `path` is "ListBucketResult/Contents/Key", `text` what
 * stood directly in it.  An error of it ends the reading and is its error.
 */
typedef int bk_s3_ended(void *arg, const char *path, const char *text,
			struct bk_err *err);

struct bk_s3_xml {
	struct bk_sink sink; /* takes any pieces */

	/* Private. */
	XML_Parser parser;
	bk_s3_ended *ended;
	void *arg;
	char path[BK_S3_XML_PATH];
	size_t path_len;
	struct bk_buf texts[BK_S3_XML_DEPTH];
	unsigned depth;
	size_t total;
	struct bk_err err;
};

void bk_s3_xml_init(struct bk_s3_xml *xml, bk_s3_ended *ended, void *arg);
void bk_s3_xml_clear(struct bk_s3_xml *xml);

/* All is there.  BK_CORRUPT, as from the sink, when it is no well-formed XML,
 * or not all of it, or more than an answer of S3 has. */
int bk_s3_xml_end(struct bk_s3_xml *xml, struct bk_err *err);

#endif
