/* Letters as HTML, as wordy as the programs that write it. */

#ifndef BENCH_CORPUS_MARKUP_H
#define BENCH_CORPUS_MARKUP_H

#include "base/buf.h"

/* What a program puts around a text and around each paragraph. */
struct markup {
	const char *start, *end;
	const char *paragraph, *paragraph_end;
	const char *between; /* paragraphs */
};

extern const struct markup markup_outlook, markup_plain;

void markup_text(const struct markup *markup, struct bk_view text,
		 struct bk_buf *out);

#endif
