/*
 * Broken mail as it is seen in the wild: what doc/WILD.md says of each, of the
 * very files in tests/fuzz/corpus/split (whose first byte is the fuzzer's).
 */

#include "lib/test.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/chunks.h"
#include "mail/split.h"

static const uint8_t secret[BK_KEY_LEN];
static struct bk_digest_key key;
static struct chunks chunks;
static struct bk_split_room room;
static struct bk_recipe recipe;
static struct bk_buf mail;
static uint8_t digest[BK_DIGEST_LEN];

static int end(void **state)
{
	(void)state;
	chunks_clear(&chunks);
	bk_digester_free(room.digester);
	bk_split_room_clear(&room);
	bk_recipe_clear(&recipe);
	bk_buf_clear(&mail);
	return 0;
}

static void read_mail(const char *name)
{
	char path[200];
	uint8_t bytes[4096];
	size_t n;

	(void)snprintf(path, sizeof(path), "tests/fuzz/corpus/split/%s", name);
	FILE *file = fopen(path, "rb");
	if (!file)
		fail_msg("%s: not there", path);
	assert_int_not_equal(fgetc(file), EOF);
	mail.len = 0;
	while ((n = fread(bytes, 1, sizeof(bytes), file)) > 0)
		bk_buf_add(&mail, bytes, n);
	(void)fclose(file);
}

static void split_and_join(void)
{
	struct expecting expecting;
	struct bk_err err = {0};

	if (bk_split(bk_buf_view(&mail), &room, &chunks.sink, &recipe, digest,
		     &err) < 0)
		fail_msg("%s", err.text);
	expecting_init(&expecting, bk_buf_view(&mail));
	if (bk_join(&recipe, &chunks.source, room.digester, digest,
		    &expecting.sink, &err) < 0)
		fail_msg("%s", err.text);
	assert_false(expecting.differs);
	assert_int_equal(expecting.left.len, 0);
}

struct seen {
	const char *name;
	size_t parts;   /* stretches stored apart from the skeleton, */
	size_t encoded; /* and how many of them were decoded */
	enum bk_style style;
	size_t exceptions;
};

/* clang-format off */
static const struct seen seen[] = {
	{"good", 2, 1, BK_STYLE_LF, 0},
	{"base64-79-columns", 2, 0, BK_STYLE_LF, 0},
	{"base64-cut-short", 2, 1, BK_STYLE_LF, 0},
	{"base64-double-pad", 3, 1, BK_STYLE_LF, 0},
	{"base64-empty-lines", 3, 1, BK_STYLE_LF, 0},
	{"base64-footer", 2, 1, BK_STYLE_LF, 0},
	{"base64-is-text", 2, 0, BK_STYLE_LF, 0},
	{"base64-message", 2, 1, BK_STYLE_LF, 0},
	{"base64-on-multipart", 2, 1, BK_STYLE_LF, 0},
	{"base64-one-line", 2, 1, BK_STYLE_LF, 0},
	{"base64-pad-bits", 2, 1, BK_STYLE_LF, 0},
	{"base64-trailing-spaces", 2, 0, BK_STYLE_LF, 0},
	{"base64-uneven-lines", 2, 0, BK_STYLE_LF, 0},
	{"binary-body", 1, 0, BK_STYLE_LF, 0},
	{"boundary-is-prefix", 3, 1, BK_STYLE_LF, 0},
	{"boundary-never-comes", 1, 0, BK_STYLE_LF, 0},
	{"cr-cr-lf", 1, 0, BK_STYLE_CRLF, 0},
	{"crlf", 2, 1, BK_STYLE_CRLF, 0},
	{"crlf-in-the-attachment", 2, 1, BK_STYLE_LF, 13},
	{"empty", 0, 0, BK_STYLE_LF, 0},
	{"empty-line-first", 1, 0, BK_STYLE_LF, 0},
	{"equal-boundaries", 3, 1, BK_STYLE_LF, 0},
	{"from-line", 1, 0, BK_STYLE_LF, 0},
	{"gzip", 1, 0, BK_STYLE_LF, 0},
	{"inner-not-closed", 2, 1, BK_STYLE_LF, 0},
	{"lone-cr", 1, 0, BK_STYLE_LF, 0},
	{"no-closing-boundary", 2, 1, BK_STYLE_LF, 0},
	{"no-empty-line", 1, 0, BK_STYLE_LF, 0},
	{"no-last-line-end", 1, 0, BK_STYLE_LF, 0},
	{"nul-bytes", 1, 0, BK_STYLE_LF, 0},
	{"raw-8-bit-header", 1, 0, BK_STYLE_LF, 0},
	{"space-before-colon", 2, 1, BK_STYLE_LF, 0},
	{"spoiled-recipe", 2, 1, BK_STYLE_LF, 0},
	{"two-content-types", 2, 1, BK_STYLE_LF, 0},
	{"unfolded-header", 2, 1, BK_STYLE_LF, 0},
	{"unquoted-boundary", 2, 1, BK_STYLE_LF, 0},
	{"uuencode", 1, 0, BK_STYLE_LF, 0},
};
/* clang-format on */

static void broken_mail_is_taken_apart_as_documented(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(seen) / sizeof(*seen); i++) {
		size_t encoded = 0;
		read_mail(seen[i].name);
		split_and_join();
		for (size_t k = 0; k < recipe.n_parts; k++)
			encoded += recipe.parts[k].encoded;
		if (recipe.n_parts != seen[i].parts ||
		    encoded != seen[i].encoded ||
		    recipe.style != seen[i].style ||
		    recipe.n_lines != seen[i].exceptions)
			fail_msg(
				"%s: %zu parts, %zu decoded, style %d, %zu "
				"exceptions",
				seen[i].name, recipe.n_parts, encoded,
				(int)recipe.style, recipe.n_lines);
	}
}

static int begin(void **state)
{
	(void)state;
	bk_digest_key_derive(&key, secret);
	room.digester = bk_digester_new(&key);
	chunks_init(&chunks);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(broken_mail_is_taken_apart_as_documented),
	};
	return cmocka_run_group_tests_name("wild", tests, begin, end);
}
