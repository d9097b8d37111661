/* Messages of every kind, good and broken, from dice. */

#ifndef BK_TESTS_MAILS_H
#define BK_TESTS_MAILS_H

#include <string.h>

#include "base/buf.h"
#include "lib/dice.h"

static inline void mails_text(struct bk_buf *to, const char *text)
{
	bk_buf_add(to, text, strlen(text));
}

static inline void mails_words(struct dice *dice, struct bk_buf *to, size_t n)
{
	static const char *const words[] = {
		"the ",   "offer ",    "is ",        "attached\n",
		"we ",    "regret,\n", "--\n",       "Gr\303\274\303\237e ",
		"\tand ", "=20\n",     "> quoted\n", "From here ",
		"\n\n",   ".\n",       "12,345.67 ", "http://a.example/ "};
	size_t end = to->len + n;

	while (to->len < end)
		mails_text(to, words[dice_below(dice, 16)]);
	to->len = end;
}

/* Base64 of n random bytes, `line` characters a line, no LF at the end. */
static inline void mails_base64(struct dice *dice, struct bk_buf *to, size_t n,
				size_t line)
{
	static const char alphabet[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijkl"
		"mnopqrstuvwxyz0123456789+/";
	size_t column = 0;

	for (; n; n -= n < 3 ? n : 3) {
		uint64_t bits = dice_throw(dice);
		uint8_t group[4];
		for (int k = 0; k < 4; k++, bits >>= 6)
			group[k] = (uint8_t)alphabet[bits & 63];
		if (n < 3)
			group[3] = '=';
		if (n == 2)
			group[2] = (uint8_t)alphabet[(bits & 15) << 2];
		if (n == 1) {
			group[2] = '=';
			group[1] = (uint8_t)alphabet[(bits & 3) << 4];
		}
		if (line && column == line) {
			bk_buf_add_u8(to, '\n');
			column = 0;
		}
		bk_buf_add(to, group, 4);
		column += 4;
	}
}

static inline void mails_header(struct dice *dice, struct bk_buf *to)
{
	static const char *const fields[] = {
		"From: Ann <ann@example.org>\n",
		"To: Ben <ben@example.org>,\n\tCarla <carla@example.net>\n",
		"Subject: =?utf-8?Q?f=C3=BCr_Sie?=\n",
		"Date: Mon, 1 Jan 2024 00:00:00 +0000\n",
		"X-Empty:\n",
		"X-Long: \n  folded\n\tand folded again\n",
		"DKIM-Signature: v=1; a=rsa-sha256; b=abcdefghijklmnop\n",
		"MIME-Version: 1.0\n"};

	if (dice_one_in(dice, 2))
		mails_text(to,
			   "Return-Path: <ann@example.org>\n"
			   "Delivered-To: ben@example.org\n");
	if (dice_one_in(dice, 2))
		bk_buf_printf(to,
			      "Received: from a (b [127.0.0.1])\n\tby c with "
			      "ESMTP id %08x\n\tfor <ben@example.org>\n",
			      (unsigned)dice_throw(dice));
	for (size_t i = 0; i < 8; i++) {
		if (!dice_one_in(dice, 3))
			mails_text(to, fields[i]);
	}
	bk_buf_printf(to, "Message-ID: <%016llx@example.org>\n",
		      (unsigned long long)dice_throw(dice));
}

/* What may stand in a part, with its own header. */
static inline void mails_part(struct dice *dice, struct bk_buf *to, size_t size)
{
	static const size_t lines[] = {60, 72, 76, 76, 0, 64, 75};

	switch (dice_below(dice, 5)) {
	case 0:
		mails_text(to, "Content-Type: text/plain\n\n");
		mails_words(dice, to, dice_below(dice, size));
		break;
	case 1:
		mails_text(to,
			   "Content-Type: text/html; charset=utf-8\n"
			   "Content-Transfer-Encoding: "
			   "quoted-printable\n\n<p>=\n");
		mails_words(dice, to, dice_below(dice, size));
		break;
	case 2:
		mails_text(to,
			   "content-transfer-encoding:base64\n"
			   "content-type:application/pdf;\n name=x\n\n");
		mails_base64(dice, to, dice_below(dice, size),
			     lines[dice_below(dice, 7)]);
		break;
	case 3: {
		mails_text(to,
			   "Content-Type: application/octet-stream\n"
			   "Content-Transfer-Encoding: binary\n\n");
		size_t n = dice_below(dice, size);
		dice_fill(dice, bk_buf_grow(to, n), n);
		break;
	}
	default:
		bk_buf_add_u8(to, '\n');
		break;
	}
}

/* A message with parts nested in parts, to a depth of 20. */
static inline void mails_any(struct dice *dice, struct bk_buf *to, size_t size)
{
	unsigned open[20];
	size_t depth = 0;

	to->len = 0;
	mails_header(dice, to);
	for (size_t n = 1 + dice_below(dice, 12); n; n--) {
		size_t kind = dice_below(dice, 6);
		if (kind < 2 && depth < 20) {
			open[depth] = (unsigned)dice_throw(dice) >> 28;
			bk_buf_printf(to,
				      "Content-Type: multipart/mixed;\n"
				      "\tboundary=\"b%u\"\n\nA preamble.\n",
				      open[depth]);
			bk_buf_printf(to, "\n--b%u\n", open[depth++]);
		} else if (kind == 2) {
			mails_text(to, "Content-Type: message/rfc822\n\n");
			mails_header(dice, to);
		} else {
			mails_part(dice, to, size);
			if (depth && dice_one_in(dice, 3))
				bk_buf_printf(to, "\n--b%u--\n", open[--depth]);
			if (depth)
				bk_buf_printf(to, "\n--b%u\n", open[depth - 1]);
		}
	}
	while (depth && !dice_one_in(dice, 4))
		bk_buf_printf(to, "\n--b%u--\n", open[--depth]);
}

/* The message again with other line ends: all CRLF, or some of them. */
static inline void mails_with_crlf(struct dice *dice, const struct bk_buf *from,
				   struct bk_buf *to, size_t one_in)
{
	to->len = 0;
	for (size_t i = 0; i < from->len; i++) {
		if (from->data[i] == '\n' && dice_one_in(dice, one_in))
			bk_buf_add_u8(to, '\r');
		bk_buf_add_u8(to, from->data[i]);
	}
}

/* A few bytes, stretches and lines changed, lost, doubled or moved. */
static inline void mails_spoil(struct dice *dice, struct bk_buf *mail)
{
	static const char odd[] = "\n\r\0=-:;\"\\ \t\377\200B";

	for (size_t n = 1 + dice_below(dice, 6); n && mail->len; n--) {
		size_t at = dice_below(dice, mail->len);
		size_t len = dice_below(dice, mail->len - at) % 300;
		switch (dice_below(dice, 5)) {
		case 0:
			mail->data[at] = (uint8_t)odd[dice_below(dice, 14)];
			break;
		case 1:
			mail->len = at;
			break;
		case 2:
			memmove(mail->data + at, mail->data + at + len,
				mail->len - at - len);
			mail->len -= len;
			break;
		case 3:
			(void)bk_buf_grow(mail, len);
			memmove(mail->data + at + len, mail->data + at,
				mail->len - at - len);
			break;
		default:
			(void)bk_buf_grow(mail, 1);
			memmove(mail->data + at + 1, mail->data + at,
				mail->len - at - 1);
			mail->data[at] = (uint8_t)odd[dice_below(dice, 14)];
			break;
		}
	}
}

#endif
