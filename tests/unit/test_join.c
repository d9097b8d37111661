/* Recipes that do not fit their chunks: found, never delivered as good mail. */

#include "lib/test.h"

#include <string.h>

#include "lib/chunks.h"
#include "lib/dice.h"
#include "lib/mails.h"
#include "mail/split.h"

static const uint8_t secret[BK_KEY_LEN] = "a secret of thirty-two bytes....";
static struct bk_digest_key key;
static struct chunks chunks;
static struct bk_split_room room;
static struct bk_recipe recipe;
static struct bk_buf mail;
static uint8_t digest[BK_DIGEST_LEN];

static int begin(void **state)
{
	struct dice dice = {1};
	struct bk_err err = {0};

	(void)state;
	bk_digest_key_derive(&key, secret);
	room.digester = bk_digester_new(&key);
	chunks_init(&chunks);
	mails_text(&mail,
		   "Return-Path: <a@example.org>\nSubject: b\n"
		   "Content-Type: multipart/mixed; boundary=c\n\n"
		   "--c\n\n");
	mails_words(&dice, &mail, 500);
	mails_text(&mail, "\n--c\nContent-Transfer-Encoding: base64\n\n");
	mails_base64(&dice, &mail, 5000, 76);
	mails_text(&mail, "\n--c--\n");
	return bk_split(bk_buf_view(&mail), &room, &chunks.sink, &recipe,
			digest, &err);
}

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

static int join(const struct bk_recipe *with, struct expecting *expecting,
		struct bk_err *err)
{
	expecting_init(expecting, bk_buf_view(&mail));
	return bk_join(with, &chunks.source, room.digester, digest,
		       &expecting->sink, err);
}

static void assert_corrupt(const struct bk_recipe *with)
{
	struct expecting expecting;
	struct bk_err err = {0};

	assert_int_equal(join(with, &expecting, &err), -1);
	assert_int_equal(err.kind, BK_CORRUPT);
}

static void the_recipe_as_it_is_gives_the_message(void **state)
{
	struct expecting expecting;
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(recipe.n_parts, 2);
	assert_true(recipe.parts[1].encoded);
	assert_int_equal(join(&recipe, &expecting, &err), 0);
	assert_false(expecting.differs);
	assert_int_equal(expecting.left.len, 0);
}

static void a_recipe_that_wants_more_than_there_is_is_refused(void **state)
{
	struct bk_part parts[2];
	struct bk_recipe bad = recipe;

	(void)state;
	bad.parts = parts;
	memcpy(parts, recipe.parts, sizeof(parts));
	parts[1].skip = UINT64_MAX;
	assert_corrupt(&bad);
	parts[1].skip = recipe.parts[1].skip + 1000;
	assert_corrupt(&bad);
	memcpy(parts, recipe.parts, sizeof(parts));
	parts[1].n_refs = 2;
	assert_corrupt(&bad);
	parts[1].n_refs = UINT32_MAX;
	assert_corrupt(&bad);

	/* An array of exactly its length: sanitizers see a step beyond. */
	bad = recipe;
	bad.refs = malloc(recipe.n_refs * sizeof(*bad.refs));
	memcpy(bad.refs, recipe.refs, recipe.n_refs * sizeof(*bad.refs));
	bad.n_trace = (uint32_t)recipe.n_refs;
	assert_corrupt(&bad);
	bad.n_trace = UINT32_MAX;
	bad.n_skeleton = UINT32_MAX;
	assert_corrupt(&bad);
	free(bad.refs);
	bad = recipe;
	bad.n_refs--;
	assert_corrupt(&bad);
}

static void a_recipe_that_is_slightly_wrong_fails_the_digest(void **state)
{
	struct bk_part parts[2];
	struct bk_recipe bad = recipe;

	(void)state;
	bad.parts = parts;
	memcpy(parts, recipe.parts, sizeof(parts));
	parts[1].line = 72;
	assert_corrupt(&bad);
	parts[1] = recipe.parts[1];
	parts[1].eol = false;
	assert_corrupt(&bad);
	parts[1] = recipe.parts[1];
	parts[1].encoded = false;
	assert_corrupt(&bad);
	parts[1] = recipe.parts[1];
	parts[0].skip--;
	assert_corrupt(&bad);
	bad = recipe;
	bad.n_parts = 1;
	assert_corrupt(&bad);
}

static void another_chunk_in_its_place_fails_the_digest(void **state)
{
	(void)state;
	for (size_t i = 0; i < recipe.n_refs; i++) {
		uint64_t ref = recipe.refs[i];
		recipe.refs[i] = recipe.refs[(i + 1) % recipe.n_refs];
		assert_corrupt(&recipe);
		recipe.refs[i] = ref;
	}
}

static void a_flipped_byte_of_any_chunk_fails_the_digest(void **state)
{
	(void)state;
	for (size_t i = 0; i < chunks.n; i++) {
		for (size_t at = 0; at < chunks.items[i].len; at += 7) {
			chunks.items[i].bytes[at] ^= 1;
			assert_corrupt(&recipe);
			chunks.items[i].bytes[at] ^= 1;
		}
	}
}

static void a_wrong_line_style_is_not_covered_by_the_digest(void **state)
{
	struct bk_recipe other = recipe;
	struct expecting expecting;
	struct bk_err err = {0};

	(void)state;
	/* The digest is of the canonical message, so that both forms share it:
	 * style and exceptions are protected by the record that has them. */
	other.style = BK_STYLE_CRLF;
	assert_int_equal(join(&other, &expecting, &err), 0);
	assert_true(expecting.differs);
}

static void a_missing_chunk_is_told_as_the_source_tells_it(void **state)
{
	uint64_t ref = recipe.refs[0];

	(void)state;
	recipe.refs[0] = UINT64_MAX;
	assert_corrupt(&recipe);
	recipe.refs[0] = ref;
}

static int refuse(struct bk_sink *to, const void *bytes, size_t len,
		  struct bk_err *err)
{
	(void)to;
	(void)bytes;
	(void)len;
	return bk_fail(err, BK_FULL, "no room");
}

static void the_failure_of_a_sink_is_passed_on(void **state)
{
	struct bk_sink full = {refuse};
	struct bk_err err = {0};

	(void)state;
	assert_int_equal(bk_join(&recipe, &chunks.source, room.digester, digest,
				 &full, &err),
			 -1);
	assert_int_equal(err.kind, BK_FULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_recipe_as_it_is_gives_the_message),
		cmocka_unit_test(
			a_recipe_that_wants_more_than_there_is_is_refused),
		cmocka_unit_test(
			a_recipe_that_is_slightly_wrong_fails_the_digest),
		cmocka_unit_test(another_chunk_in_its_place_fails_the_digest),
		cmocka_unit_test(a_flipped_byte_of_any_chunk_fails_the_digest),
		cmocka_unit_test(
			a_wrong_line_style_is_not_covered_by_the_digest),
		cmocka_unit_test(
			a_missing_chunk_is_told_as_the_source_tells_it),
		cmocka_unit_test(the_failure_of_a_sink_is_passed_on),
	};
	return cmocka_run_group_tests_name("join", tests, begin, end);
}
