/* Reads the folder of words, subjects and pages that mkpool.py made. */

#include <fcntl.h>
#include <glob.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"
#include "corpus/words.h"

#define FILE_MAX  ((size_t)1 << 30)
#define PAGES_MAX 200

static int read_text(const char *folder, const char *name, char **out,
		     struct bk_err *err)
{
	struct bk_buf file = {0};
	char *path = bk_asprintf("%s/%s", folder, name);
	int rc = bk_file_read(AT_FDCWD, path, FILE_MAX, &file, err);

	free(path);
	if (rc == 0)
		*out = bk_strdup(bk_buf_text(&file));
	bk_buf_clear(&file);
	return rc;
}

/* Cuts the text into tokens, in place. */
static void find_tokens(struct words *words)
{
	char *at = words->text;
	size_t cap = 0;

	while (*at) {
		if (*at == ' ' || *at == '\n') {
			if (at[0] == '\n' && at[1] == '\n' && words->n_tokens)
				words->tokens[words->n_tokens - 1]
					.ends_paragraph = true;
			*at++ = '\0';
			continue;
		}
		words->tokens = bk_array_room(words->tokens, words->n_tokens,
					      &cap, sizeof(*words->tokens));
		words->tokens[words->n_tokens++] = (struct token){.text = at};
		at += strcspn(at, " \n");
	}
}

static uint32_t hash(const char *text)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (const char *c = text; *c; c++)
		h = (h ^ (uint8_t)*c) * 0x100000001b3u;
	return (uint32_t)(h >> 32);
}

/* Gives equal tokens the same number. */
static void number_words(struct words *words)
{
	size_t slots = 1;

	while (slots < words->n_tokens * (size_t)2)
		slots *= 2;
	uint32_t *table = bk_alloc(slots * sizeof(*table));
	for (uint32_t i = 0; i < words->n_tokens; i++) {
		struct token *token = &words->tokens[i];
		size_t slot = hash(token->text) & (slots - 1);
		while (table[slot] &&
		       strcmp(words->tokens[table[slot] - 1].text,
			      token->text) != 0)
			slot = (slot + 1) & (slots - 1);
		if (table[slot]) {
			token->word = words->tokens[table[slot] - 1].word;
			continue;
		}
		table[slot] = i + 1;
		token->word = words->n_words++;
	}
	free(table);
}

static void find_places(struct words *words)
{
	words->first =
		bk_alloc((words->n_words + (size_t)1) * sizeof(*words->first));
	words->places = bk_alloc(words->n_tokens * sizeof(*words->places));
	for (uint32_t i = 0; i < words->n_tokens; i++)
		words->first[words->tokens[i].word + 1]++;
	for (uint32_t i = 0; i < words->n_words; i++)
		words->first[i + 1] += words->first[i];
	uint32_t *next = bk_alloc(words->n_words * sizeof(*next));
	for (uint32_t i = 0; i < words->n_tokens; i++) {
		uint32_t word = words->tokens[i].word;
		words->places[words->first[word] + next[word]++] = i;
	}
	free(next);
}

static void find_subjects(struct words *words)
{
	size_t cap = 0;
	char *at = words->subject_text;

	while (*at) {
		char *end = at + strcspn(at, "\n");
		bool more = *end != '\0';
		*end = '\0';
		if (end > at) {
			words->subjects = bk_array_room(
				words->subjects, words->n_subjects, &cap,
				sizeof(*words->subjects));
			words->subjects[words->n_subjects++] = at;
		}
		at = more ? end + 1 : end;
	}
}

static int read_pages(struct words *words, const char *folder,
		      struct bk_err *err)
{
	char *pattern = bk_asprintf("%s/html/*.html", folder);
	glob_t found = {0};
	int rc = 0;

	words->pages = bk_alloc(PAGES_MAX * sizeof(*words->pages));
	if (glob(pattern, 0, NULL, &found) == 0)
		for (size_t i = 0; rc == 0 && i < found.gl_pathc &&
				   words->n_pages < PAGES_MAX;
		     i++)
			rc = bk_file_read(AT_FDCWD, found.gl_pathv[i], FILE_MAX,
					  &words->pages[words->n_pages++], err);
	globfree(&found);
	free(pattern);
	return rc;
}

int words_load(struct words *words, const char *folder, struct bk_err *err)
{
	*words = (struct words){.jump = WORDS_JUMP};
	if (read_text(folder, "words.txt", &words->text, err) < 0 ||
	    read_text(folder, "subjects.txt", &words->subject_text, err) < 0 ||
	    read_pages(words, folder, err) < 0)
		return -1;
	find_tokens(words);
	number_words(words);
	find_places(words);
	find_subjects(words);
	if (!words->n_tokens || !words->n_subjects)
		return bk_fail(err, BK_MISUSE, "%s holds no words", folder);
	return 0;
}

void words_clear(struct words *words)
{
	for (size_t i = 0; i < words->n_pages; i++)
		bk_buf_clear(&words->pages[i]);
	free(words->pages);
	free(words->subjects);
	free(words->subject_text);
	free(words->places);
	free(words->first);
	free(words->tokens);
	free(words->text);
	*words = (struct words){0};
}
