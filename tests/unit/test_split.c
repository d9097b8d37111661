/*
 * Messages taken apart and put together: whatever they are, they come back,
 * and what is alike in two of them is one chunk.
 */

#include "lib/test.h"

#include <stdio.h>
#include <string.h>

#include "lib/chunks.h"
#include "lib/dice.h"
#include "lib/mails.h"
#include "mail/split.h"

static const uint8_t secret[BK_KEY_LEN] = "a secret of thirty-two bytes....";
static struct chunks chunks;
static struct bk_split_room room;
static struct bk_recipe recipe, decoded;
static struct bk_buf mail, other, body, bytes;
static uint8_t digest[BK_DIGEST_LEN];

static int begin(void **state)
{
	struct bk_digest_key key;

	(void)state;
	bk_digest_key_derive(&key, secret);
	room.digester = bk_digester_new(&key);
	chunks_init(&chunks);
	return 0;
}

static int end(void **state)
{
	(void)state;
	chunks_clear(&chunks);
	bk_digester_free(room.digester);
	bk_split_room_clear(&room);
	bk_recipe_clear(&recipe);
	bk_recipe_clear(&decoded);
	bk_buf_clear(&mail);
	bk_buf_clear(&other);
	bk_buf_clear(&body);
	bk_buf_clear(&bytes);
	return 0;
}

static int forget(void **state)
{
	(void)state;
	chunks_clear(&chunks);
	mail.len = 0;
	return 0;
}

static void split(struct bk_view message)
{
	struct bk_err err = {0};

	if (bk_split(message, &room, &chunks.sink, &recipe, digest, &err) < 0)
		fail_msg("%s", err.text);
}

/* Through the record as well, as it would lie in a manifest. */
static void assert_comes_back(struct bk_view message)
{
	struct bk_ref_trail trail;
	struct expecting expecting;
	struct bk_err err = {0};

	split(message);
	bytes.len = 0;
	bk_ref_trail_init(&trail);
	bk_recipe_encode(&recipe, &trail, &bytes);
	struct bk_cursor from = bk_cursor_over(bytes.data, bytes.len);
	bk_ref_trail_init(&trail);
	assert_int_equal(bk_recipe_decode(&from, &trail, &decoded, &err), 0);
	expecting_init(&expecting, message);
	if (bk_join(&decoded, &chunks.source, room.digester, digest,
		    &expecting.sink, &err) < 0)
		fail_msg("%s", err.text);
	assert_false(expecting.differs);
	assert_int_equal(expecting.left.len, 0);
	assert_true(chunks.longest <= BK_CHUNK_MAX);
}

static struct bk_view text(const char *s)
{
	return (struct bk_view){(const uint8_t *)s, strlen(s)};
}

static void short_and_odd_messages_come_back(void **state)
{
	static const char *const odd[] = {
		"",
		"\n",
		"\r",
		"\r\n",
		"\n\n",
		"a",
		"a\n",
		":",
		":\n\n",
		"a:",
		"a:b",
		"a:b\n",
		"a:b\n\n",
		"a:b\n\nc",
		"a:b\r\n\r\nc\r\n",
		"--\n",
		"\n--",
		"\n--\n--\n",
		"From \n",
		"From a\nReceived: b",
		"Received:\n x\n y\n\n\n\n",
		"Content-Type: multipart/x; boundary=b\n\n--b--",
		"Content-Type: multipart/x; boundary=b\n\n--b\n--b\n--b--\n",
		"Content-Type: multipart/x; boundary=\"\n\n--\n",
		"Content-Type: message/rfc822\n\n",
		"Content-Type: message/rfc822\n\nContent-Type: message/rfc822"};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) / sizeof(*odd); i++)
		assert_comes_back(text(odd[i]));
	assert_comes_back((struct bk_view){NULL, 0});
	assert_comes_back((struct bk_view){(const uint8_t *)"\0\0\n\0", 4});
}

static void any_message_comes_back(void **state)
{
	struct dice dice = {1};

	(void)state;
	for (int round = 0; round < 1500; round++) {
		if (round % 50 == 0)
			chunks_clear(&chunks);
		mails_any(&dice, &mail, round % 30 ? 3000 : 90000);
		assert_comes_back(bk_buf_view(&mail));
		mails_with_crlf(&dice, &mail, &other, 1);
		assert_comes_back(bk_buf_view(&other));
	}
}

static void any_spoiled_message_comes_back(void **state)
{
	struct dice dice = {2};

	(void)state;
	for (int round = 0; round < 3000; round++) {
		if (round % 50 == 0)
			chunks_clear(&chunks);
		mails_any(&dice, &mail, 2000);
		if (dice_one_in(&dice, 3)) {
			mails_with_crlf(&dice, &mail, &other,
					1 + dice_below(&dice, 20));
			mails_spoil(&dice, &other);
			assert_comes_back(bk_buf_view(&other));
		}
		mails_spoil(&dice, &mail);
		assert_comes_back(bk_buf_view(&mail));
	}
}

static void any_bytes_come_back(void **state)
{
	static const char letters[] = "\n\r-=: \tA\0b;\"";
	struct dice dice = {3};

	(void)state;
	for (int round = 0; round < 1500; round++) {
		if (round % 50 == 0)
			chunks_clear(&chunks);
		mail.len = 0;
		size_t n = dice_below(&dice, round % 40 ? 2000 : 300000);
		uint8_t *at = bk_buf_grow(&mail, n);
		if (round % 2)
			dice_fill(&dice, at, n);
		for (size_t i = 0; i < n && round % 2 == 0; i++)
			at[i] = (uint8_t)letters[dice_below(&dice, 12)];
		assert_comes_back(bk_buf_view(&mail));
	}
}

static void crlf_and_lf_share_all_chunks(void **state)
{
	struct dice dice = {4};
	uint8_t first[BK_DIGEST_LEN];

	(void)state;
	for (int round = 0; round < 300; round++) {
		chunks_clear(&chunks);
		mails_any(&dice, &mail, 5000);
		for (size_t i = 0; i < mail.len; i++) {
			if (mail.data[i] == '\r')
				mail.data[i] = ' ';
		}
		split(bk_buf_view(&mail));
		memcpy(first, digest, sizeof(first));
		size_t n = chunks.n;
		mails_with_crlf(&dice, &mail, &other, 1 + round % 3);
		split(bk_buf_view(&other));
		assert_int_equal(chunks.n, n);
		assert_memory_equal(digest, first, sizeof(first));
	}
}

/* A message with one attachment, whose bytes depend on the seed alone. */
static void attach(uint64_t seed, size_t n, size_t line, const char *after)
{
	struct dice dice = {seed};

	mail.len = 0;
	mails_text(&mail,
		   "From: a@example.org\n"
		   "Content-Type: multipart/mixed; boundary=b\n\n"
		   "--b\nContent-Type: text/plain\n\nHere it is.\n"
		   "--b\nContent-Type: application/pdf\n"
		   "Content-Transfer-Encoding: base64\n\n");
	mails_base64(&dice, &mail, n, line);
	mails_text(&mail, after);
	mails_text(&mail, "\n--b--\n");
}

static void one_attachment_is_one_chunk_however_it_was_sent(void **state)
{
	static const size_t lines[] = {60, 72, 76, 64, 0};
	static const char *const after[] = {"", "\n", "\n\n"};
	static const size_t lengths[] = {1000, 4104, 4105, 4106, 700000};
	struct dice dice = {5};

	(void)state;
	for (size_t k = 0; k < 5; k++) {
		chunks_clear(&chunks);
		for (size_t i = 0; i < 15; i++) {
			attach(77, lengths[k], lines[i / 3], after[i % 3]);
			assert_comes_back(bk_buf_view(&mail));
			mails_with_crlf(&dice, &mail, &other, 1 + i % 2);
			assert_comes_back(bk_buf_view(&other));
		}
		const struct chunk *chunk =
			chunks_of(&chunks, BK_CHUNK_BINARY, 0);
		assert_non_null(chunk);
		assert_int_equal(chunk->len, lengths[k]);
		assert_int_equal(chunk->lane, BK_LANE_BINARY);
		assert_null(chunks_of(&chunks, BK_CHUNK_BINARY, 1));
	}
}

static void a_large_attachment_is_cut_at_fixed_places(void **state)
{
	static const size_t lines[] = {60, 76, 0};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		attach(78, 3000000, lines[i], "\n");
		assert_comes_back(bk_buf_view(&mail));
	}
	for (size_t i = 0; i < 5; i++) {
		const struct chunk *chunk =
			chunks_of(&chunks, BK_CHUNK_PIECE, i);
		assert_non_null(chunk);
		assert_int_equal(chunk->len, 524288);
	}
	assert_int_equal(chunks_of(&chunks, BK_CHUNK_PIECE, 5)->len,
			 3000000 - 5 * 524288);
	assert_null(chunks_of(&chunks, BK_CHUNK_PIECE, 6));
}

static void lengths_around_the_limits_come_back(void **state)
{
	static const size_t limits[] = {96,
					128,
					BK_TEXT_WHOLE_MAX,
					BK_BINARY_WHOLE_MAX,
					BK_BINARY_WHOLE_MAX + 4096,
					(size_t)1536 << 10};
	struct dice dice = {6};

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		for (size_t n = limits[i] - 2; n <= limits[i] + 2; n++) {
			chunks_clear(&chunks);
			attach(79, n, 76, "");
			assert_comes_back(bk_buf_view(&mail));
			mail.len = 0;
			mails_text(&mail, "Subject: x\n\n");
			mails_words(&dice, &mail, n);
			assert_comes_back(bk_buf_view(&mail));
			mail.len = 0;
			dice_fill(&dice, bk_buf_grow(&mail, n), n);
			assert_comes_back(bk_buf_view(&mail));
		}
	}
}

static void text_inserted_in_a_long_text_changes_few_pieces(void **state)
{
	struct dice dice = {7};

	(void)state;
	mails_text(&mail, "Subject: x\n\n");
	mails_words(&dice, &mail, 1000000);
	split(bk_buf_view(&mail));
	size_t n = chunks.n;
	assert_true(n > 60 && n < 200);
	other.len = 0;
	bk_buf_add(&other, mail.data, 400000);
	mails_text(&other, "one line more\n");
	bk_buf_add(&other, mail.data + 400000, mail.len - 400000);
	assert_comes_back(bk_buf_view(&other));
	assert_true(chunks.n - n <= 4);
	for (size_t i = 0; i < chunks.n; i++) {
		if (chunks.items[i].type == BK_CHUNK_PIECE)
			assert_int_equal(chunks.items[i].lane, BK_LANE_TEXT);
	}
}

static void text_in_base64_is_text(void **state)
{
	(void)state;
	mails_text(&mail, "Content-Transfer-Encoding: base64\n\n");
	for (int i = 0; i < 100; i++)
		mails_text(&mail,
			   "R3LDvMOfZSBhdXMgQmVybGluLCB1bmQgYXVmIFdpZWRlcn"
			   "NlaGVuISEhCgpkYXMgd2Fy\n");
	assert_comes_back(bk_buf_view(&mail));
	const struct chunk *chunk = chunks_of(&chunks, BK_CHUNK_TEXT, 0);
	assert_non_null(chunk);
	assert_int_equal(chunk->len, 5100);
	assert_int_equal(chunk->lane, BK_LANE_TEXT);
}

static void recipients_share_all_but_the_trace(void **state)
{
	static const char *const names[] = {"ann", "ben", "carla"};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		mail.len = 0;
		bk_buf_printf(&mail,
			      "Return-Path: <x@example.net>\n"
			      "X-Original-To: %s@example.org\n"
			      "Delivered-To: %s@example.org\n"
			      "Received: from mx by imap with LMTP\n\tid %zu\n"
			      "\tfor <%s@example.org>\n"
			      "X-Spam-Status: No, score=%zu\n"
			      "Received: from far by mx with ESMTPS id 7\n"
			      "DKIM-Signature: v=1; b=AAAA\n"
			      "From: x@example.net\nSubject: hello\n\n",
			      names[i], names[i], i, names[i], i);
		for (int k = 0; k < 20; k++)
			mails_text(&mail, "A line of the message.\n");
		assert_comes_back(bk_buf_view(&mail));
	}
	assert_non_null(chunks_of(&chunks, BK_CHUNK_TRACE, 2));
	assert_non_null(chunks_of(&chunks, BK_CHUNK_SKELETON, 0));
	assert_null(chunks_of(&chunks, BK_CHUNK_SKELETON, 1));
	assert_null(chunks_of(&chunks, BK_CHUNK_TEXT, 1));
}

static void a_text_with_and_without_a_last_line_end_is_one_chunk(void **state)
{
	(void)state;
	for (int ends = 0; ends < 3; ends++) {
		mail.len = 0;
		bk_buf_printf(&mail, "Subject: %d\n\n%0200d", ends, 0);
		for (int i = 0; i < ends; i++)
			bk_buf_add_u8(&mail, '\n');
		assert_comes_back(bk_buf_view(&mail));
	}
	assert_non_null(chunks_of(&chunks, BK_CHUNK_TEXT, 0));
	assert_null(chunks_of(&chunks, BK_CHUNK_TEXT, 1));
}

static void headers_beyond_a_chunk_are_several(void **state)
{
	(void)state;
	mails_text(&mail, "Received: from here");
	for (int i = 0; i < 40000; i++)
		mails_text(&mail, "\n\tto there, and on and on and on");
	mails_text(&mail, "\nSubject: x");
	for (int i = 0; i < 90000; i++)
		mails_text(&mail, "\n\tto there, and on and on and on");
	mails_text(&mail, "\n\n");
	mails_text(&mail, "short\n");
	assert_comes_back(bk_buf_view(&mail));
	assert_int_equal(recipe.n_trace, 2);
	assert_int_equal(recipe.n_skeleton, 3);
	assert_int_equal(recipe.n_parts, 0);
}

/* Eight random letters. */
#define LOW  0x1f1f1f1f1f1f1f1f
#define HIGH 0x4040404040404040

static void a_message_of_thousands_of_parts_has_a_small_recipe(void **state)
{
	struct dice dice = {8};

	(void)state;
	mails_text(&mail, "Content-Type: multipart/mixed; boundary=x\n\n");
	for (int i = 0; i < 9000; i++) {
		mails_text(&mail, "--x\n\n");
		mails_words(&dice, &mail, 150);
		mails_text(&mail, "\n");
	}
	split(bk_buf_view(&mail));
	assert_int_equal(recipe.n_parts, 4096);
	chunks_clear(&chunks);
	mail.len = 0;
	mails_text(&mail, "\n");
	for (int i = 0; i < 5000000; i++)
		bk_buf_add_u64(&mail, (dice_throw(&dice) & LOW) | HIGH);
	split(bk_buf_view(&mail));
	assert_true(recipe.n_refs > 1000 && recipe.n_refs < 3000);
}

static void more_mixed_lines_than_can_be_listed_come_back(void **state)
{
	(void)state;
	mails_text(&mail, "Subject: x\r\n\n");
	for (int i = 0; i < 70000; i++)
		mails_text(&mail, "a\r\nb\n");
	assert_comes_back(bk_buf_view(&mail));
	assert_int_equal(recipe.style, BK_STYLE_VERBATIM);
}

static void the_failure_of_a_sink_is_passed_on(void **state)
{
	struct bk_err err = {0};

	(void)state;
	attach(80, 3000000, 76, "");
	for (size_t at = 1;; at++) {
		chunks_clear(&chunks);
		chunks.fail_at = at;
		err.kind = BK_OK;
		if (bk_split(bk_buf_view(&mail), &room, &chunks.sink, &recipe,
			     digest, &err) == 0)
			break;
		assert_int_equal(err.kind, BK_FULL);
	}
	assert_true(chunks.kept < chunks.fail_at && chunks.kept > 5);
	chunks.fail_at = 0;
	assert_comes_back(bk_buf_view(&mail));
}

/* Half of a real day's mail is one recipient's; a room serves them all. */
static void a_room_does_not_keep_a_huge_copy(void **state)
{
	(void)state;
	mails_text(&mail, "Subject: x\r\n\r\n");
	for (int i = 0; i < 800000; i++)
		mails_text(&mail, "line\r\n\r\n");
	split(bk_buf_view(&mail));
	assert_true(room.canonical.cap + room.decoded.cap + room.skeleton.cap <
		    (size_t)4 << 20);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(short_and_odd_messages_come_back,
				       forget),
		cmocka_unit_test_setup(any_message_comes_back, forget),
		cmocka_unit_test_setup(any_spoiled_message_comes_back, forget),
		cmocka_unit_test_setup(any_bytes_come_back, forget),
		cmocka_unit_test_setup(crlf_and_lf_share_all_chunks, forget),
		cmocka_unit_test_setup(
			one_attachment_is_one_chunk_however_it_was_sent,
			forget),
		cmocka_unit_test_setup(
			a_large_attachment_is_cut_at_fixed_places, forget),
		cmocka_unit_test_setup(lengths_around_the_limits_come_back,
				       forget),
		cmocka_unit_test_setup(
			text_inserted_in_a_long_text_changes_few_pieces,
			forget),
		cmocka_unit_test_setup(text_in_base64_is_text, forget),
		cmocka_unit_test_setup(recipients_share_all_but_the_trace,
				       forget),
		cmocka_unit_test_setup(
			a_text_with_and_without_a_last_line_end_is_one_chunk,
			forget),
		cmocka_unit_test_setup(headers_beyond_a_chunk_are_several,
				       forget),
		cmocka_unit_test_setup(
			a_message_of_thousands_of_parts_has_a_small_recipe,
			forget),
		cmocka_unit_test_setup(
			more_mixed_lines_than_can_be_listed_come_back, forget),
		cmocka_unit_test_setup(the_failure_of_a_sink_is_passed_on,
				       forget),
		cmocka_unit_test_setup(a_room_does_not_keep_a_huge_copy,
				       forget),
	};
	return cmocka_run_group_tests_name("split", tests, begin, end);
}
