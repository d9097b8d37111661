/*
 * Text that reads like mail, from mail: a walk through the words of real
 * messages in their order, which at times jumps to another place where the
 * same word stands.  So it has the phrases of real text, and compresses
 * nearly as real text does.
 */

#ifndef BENCH_CORPUS_WORDS_H
#define BENCH_CORPUS_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "corpus/rng.h"

#define WORDS_JUMP 0.35 /* how likely a jump is after a word */

struct token {
	const char *text;    /* up to 60 characters */
	uint32_t word;       /* the same for the same text */
	bool ends_paragraph; /* an empty line follows */
};

struct words {
	char *text; /* what the tokens point into */
	struct token *tokens;
	uint32_t n_tokens, n_words;
	uint32_t
		*places; /* of word w: places[first[w]] to places[first[w+1]] */
	uint32_t *first;
	double jump;

	char *subject_text;
	const char **subjects;
	uint32_t n_subjects;

	struct bk_buf *pages; /* HTML of newsletters */
	size_t n_pages;
};

/* Reads words.txt, subjects.txt and html/ of a folder that mkpool.py made. */
int words_load(struct words *words, const char *folder, struct bk_err *err);
void words_clear(struct words *words);

/* What a stretch of text is about, and how it is set. */
struct topic {
	uint32_t near; /* the walk starts at this token and jumps towards it */
	uint32_t width;
};

/* Appends `length` bytes or a little more, ended by LF. */
void words_walk(const struct words *words, struct rng *rng, struct topic topic,
		size_t length, struct bk_buf *out);

/* A place in the text, for a topic. */
uint32_t words_anywhere(const struct words *words, struct rng *rng);

const char *words_subject(const struct words *words, struct rng *rng);

#endif
