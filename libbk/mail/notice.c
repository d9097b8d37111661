/* Mails to an administrator: see notice.h. */

#include "mail/notice.h"

#include <stdbool.h>
#include <string.h>
#include <time.h>

#include "crypto/digest.h"
#include "crypto/encode.h"

#define BOUNDARY "=_bk_"
/* Of the text of an encoded word, which has 75 characters (RFC 2047 2), and of
 * a line of base64 (RFC 2045 6.8), in bytes. */
#define WORD_BYTES 45
#define LINE_BYTES 57
/* Of a line of quoted-printable, with its '=' (RFC 2045 6.7). */
#define LINE_CHARS 76

/* ---- headers ---- */

static bool is_plain(const char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < 0x20 || (unsigned char)*text > 0x7e)
			return false;
	return true;
}

/* No encoded word ends in the middle of a character. */
static size_t whole_characters(const char *text, size_t most)
{
	size_t n = strlen(text);

	if (n <= most)
		return n;
	for (n = most; n > 0 && ((unsigned char)text[n] & 0xc0) == 0x80;)
		n--;
	return n > 0 ? n : most;
}

static void add_words(struct bk_buf *out, const char *text)
{
	const char *between = "";

	if (is_plain(text)) {
		bk_buf_printf(out, "%s", text);
		return;
	}
	while (*text) {
		size_t n = whole_characters(text, WORD_BYTES);
		bk_buf_printf(out, "%s=?utf-8?B?", between);
		bk_encode_base64(out, text, n, true);
		bk_buf_printf(out, "?=");
		text += n;
		between = "\r\n ";
	}
}

/* A header is one line, whatever an address is. */
static void add_address(struct bk_buf *out, const char *address)
{
	for (; *address; address++)
		if ((unsigned char)*address >= 0x20 && *address != 0x7f)
			bk_buf_add_u8(out, (uint8_t)*address);
}

static void add_date(struct bk_buf *out, int64_t seconds)
{
	static const char days[] = "SunMonTueWedThuFriSat";
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	time_t when = (time_t)seconds;
	struct tm tm = {0};

	(void)gmtime_r(&when, &tm);
	bk_buf_printf(out, "Date: %.3s, %d %.3s %d %02d:%02d:%02d +0000\r\n",
		      days + (size_t)3 * tm.tm_wday, tm.tm_mday,
		      months + (size_t)3 * tm.tm_mon, tm.tm_year + 1900,
		      tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The first mail of a thread is one that nobody ever got. */
static void add_thread(struct bk_buf *out, const struct bk_notice *notice)
{
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	if (!notice->matter)
		return;
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, notice->matter, strlen(notice->matter));
	bk_sha256_final(&sha, sum);
	bk_buf_printf(out, "References: <bk.");
	for (int i = 0; i < 12; i++)
		bk_buf_printf(out, "%02x", sum[i]);
	bk_buf_printf(out, "@%s>\r\n", notice->host);
}

static void add_headers(struct bk_buf *out, const struct bk_notice *notice)
{
	bk_buf_printf(out, "From: ");
	add_address(out, notice->from);
	bk_buf_printf(out, "\r\nTo: ");
	for (size_t i = 0; i < notice->n_to; i++) {
		bk_buf_printf(out, "%s", i ? ",\r\n " : "");
		add_address(out, notice->to[i]);
	}
	bk_buf_printf(out, "\r\nSubject: ");
	add_words(out, notice->subject);
	bk_buf_printf(out, "\r\n");
	add_date(out, notice->time);
	bk_buf_printf(out, "Message-ID: <%s@%s>\r\n", notice->id, notice->host);
	add_thread(out, notice);
	bk_buf_printf(out,
		      "Auto-Submitted: auto-generated\r\n"
		      "MIME-Version: 1.0\r\n");
}

/* ---- bodies ---- */

static bool goes_as_it_is(unsigned char c, bool last)
{
	return (c > 0x20 && c < 0x7f && c != '=') || (c == ' ' && !last);
}

/* Quoted-printable: people read it in any mailbox, and in a queue. */
static void add_text(struct bk_buf *out, const char *text)
{
	size_t column = 0;

	for (; *text; text++) {
		unsigned char c = (unsigned char)*text;
		if (c == '\n') {
			bk_buf_printf(out, "\r\n");
			column = 0;
			continue;
		}
		bool plain = goes_as_it_is(c, text[1] == '\n' || !text[1]);
		/* A dot alone would end the mail, "From " begin one. */
		plain = plain && (column > 0 || (c != '.' && c != 'F'));
		if (column + (plain ? 1 : 3) > LINE_CHARS - 1) {
			bk_buf_printf(out, "=\r\n");
			column = 0;
		}
		bk_buf_printf(out, plain ? "%c" : "=%02X", c);
		column += plain ? 1 : 3;
	}
	bk_buf_printf(out, "\r\n");
}

static void add_base64(struct bk_buf *out, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t n = left < LINE_BYTES ? left : LINE_BYTES;
		bk_encode_base64(out, text, n, true);
		bk_buf_printf(out, "\r\n");
		text += n;
		left -= n;
	}
}

static void add_text_part(struct bk_buf *out, const struct bk_notice *notice)
{
	bk_buf_printf(out,
		      "Content-Type: text/plain; charset=utf-8\r\n"
		      "Content-Transfer-Encoding: quoted-printable\r\n\r\n");
	add_text(out, notice->text);
}

void bk_notice_write(struct bk_buf *out, const struct bk_notice *notice)
{
	add_headers(out, notice);
	if (!notice->json) {
		add_text_part(out, notice);
		return;
	}
	bk_buf_printf(out,
		      "Content-Type: multipart/mixed; boundary=\"" BOUNDARY
		      "%s\"\r\n\r\n--" BOUNDARY "%s\r\n",
		      notice->id, notice->id);
	add_text_part(out, notice);
	bk_buf_printf(out,
		      "--" BOUNDARY
		      "%s\r\n"
		      "Content-Type: application/json; name=bk.json\r\n"
		      "Content-Disposition: attachment; filename=bk.json\r\n"
		      "Content-Transfer-Encoding: base64\r\n\r\n",
		      notice->id);
	add_base64(out, notice->json);
	bk_buf_printf(out, "--" BOUNDARY "%s--\r\n", notice->id);
}
