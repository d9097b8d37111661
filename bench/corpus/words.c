/* Text that reads like mail: see words.h. */

#include "corpus/words.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "corpus/encode.h"

uint32_t words_anywhere(const struct words *words, struct rng *rng)
{
	return rng_below(rng, words->n_tokens);
}

const char *words_subject(const struct words *words, struct rng *rng)
{
	return words->subjects[rng_below(rng, words->n_subjects)];
}

/* Now and then a number or an address of the web in place of the word. */
static const char *word_or_number(struct rng *rng, const char *word,
				  char room[64])
{
	uint32_t kind = rng_below(rng, 1000), field[3];

	if (kind < 6) {
		(void)snprintf(room, 64, "%u", rng_below(rng, 100000));
		return room;
	}
	if (kind >= 8)
		return word;
	rng_fields(rng, field, (const uint32_t[]){20, 0, 9999}, 3);
	(void)snprintf(room, 64, "http://www.%s.com/%x%x",
		       base64_alphabet + 26 + field[0], field[1], field[2]);
	for (char *c = room + strlen("http://www."); *c && *c != '.'; c++)
		if (*c < 'a' || *c > 'z')
			*c = 'x';
	return room;
}

static uint32_t distance(uint32_t a, uint32_t b)
{
	return a > b ? a - b : b - a;
}

/* Of two other places of the word, the one nearer to the topic: threads keep
 * to their subject. */
static uint32_t jump(const struct words *words, struct rng *rng, uint32_t from,
		     uint32_t near)
{
	uint32_t word = words->tokens[from].word;
	const uint32_t *places = words->places + words->first[word];
	uint32_t n = words->first[word + 1] - words->first[word];
	uint32_t a = places[rng_below(rng, n)];
	uint32_t b = places[rng_below(rng, n)];

	return distance(a, near) < distance(b, near) ? a : b;
}

static uint32_t paragraph_length(struct rng *rng)
{
	return 30 + rng_below(rng, 90);
}

static bool ends_sentence(char c)
{
	return c == '.' || c == '?' || c == '!';
}

void words_walk(const struct words *words, struct rng *rng, struct topic topic,
		size_t length, struct bk_buf *out)
{
	size_t end = out->len + length;
	uint32_t at = topic.near % words->n_tokens, paragraph = 0;
	uint32_t longest = paragraph_length(rng);
	size_t column = 0;
	char room[64];

	while (out->len < end) {
		const struct token *token = &words->tokens[at];
		const char *word = word_or_number(rng, token->text, room);
		size_t len = strlen(word);
		if (column && column + 1 + len > topic.width) {
			bk_buf_add_u8(out, '\n');
			column = 0;
		} else if (column) {
			bk_buf_add_u8(out, ' ');
			column++;
		}
		bk_buf_add(out, word, len);
		column += len;
		paragraph++;
		if (paragraph > longest &&
		    (ends_sentence(word[len - 1]) || token->ends_paragraph)) {
			bk_buf_add(out, "\n\n", 2);
			column = 0;
			paragraph = 0;
			longest = paragraph_length(rng);
		}
		if (rng_next(rng) >> 40 < (uint64_t)(words->jump * 0x1p24))
			at = jump(words, rng, at, topic.near);
		if (++at >= words->n_tokens)
			at = words_anywhere(words, rng);
	}
	bk_buf_add_u8(out, '\n');
}
