/* Attached files: documents, pictures, office files, tables and texts, which
 * compress as their real counterparts do. */

#ifndef BENCH_CORPUS_ATTACHMENT_H
#define BENCH_CORPUS_ATTACHMENT_H

#include <stdint.h>

#include "base/buf.h"
#include "corpus/rng.h"
#include "corpus/words.h"

enum attachment_kind {
	ATTACHMENT_PDF,
	ATTACHMENT_JPEG,
	ATTACHMENT_OFFICE,
	ATTACHMENT_TABLE,
	ATTACHMENT_TEXT,
};

/* The same seed and size are the same bytes, whoever sends them. */
struct attachment {
	uint64_t seed;
	uint32_t size; /* about */
	enum attachment_kind kind;
	char name[48];
};

void attachment_any(struct attachment *out, struct rng *rng);

/* Writes the file into *out, emptied first. */
void attachment_write(const struct attachment *attachment,
		      const struct words *words, struct bk_buf *out);

const char *attachment_type(const struct attachment *attachment);

#endif
