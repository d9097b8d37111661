/* What a message of an mbox file is called: see mboxname.h. */

#include "store/mboxname.h"

#include <string.h>
#include <time.h>

#include "store/mboxfrom.h"

static void add_from(struct bk_buf *out, struct bk_view from)
{
	for (size_t i = 5; i < from.len; i++) {
		uint8_t c = from.data[i];
		if (c < 0x20 || c == 0x7f || c == '%')
			bk_buf_printf(out, "%%%02X", c);
		else
			bk_buf_add_u8(out, c);
	}
}

void bk_mbox_name_write(struct bk_buf *out, const struct bk_mbox_name *name)
{
	struct bk_mbox_date date = {0, 0};
	struct tm tm = {0};

	out->len = 0;
	(void)bk_mbox_from_parse(name->from, &date);
	time_t when = (time_t)date.shown;
	if (!gmtime_r(&when, &tm))
		tm = (struct tm){.tm_mday = 1};
	if (name->place >= 0)
		bk_buf_printf(out, "#%08llx ", (long long)name->place);
	bk_buf_printf(out, "%04d%02d%02dT%02d%02d%02d.", tm.tm_year + 1900,
		      tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min,
		      tm.tm_sec);
	for (size_t i = 0; i < BK_MBOX_DIGEST; i++)
		bk_buf_printf(out, "%02x", name->digest[i]);
	if (name->number > 1)
		bk_buf_printf(out, ".%u", name->number);
	bk_buf_add_u8(out, ' ');
	add_from(out, name->from);
}

static int hex(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

static bool take_hex(const char **at, uint8_t *out)
{
	int high = hex((*at)[0]);
	int low = high < 0 ? -1 : hex((*at)[1]);

	if (low < 0)
		return false;
	*out = (uint8_t)(high << 4 | low);
	*at += 2;
	return true;
}

static bool take_digits(const char **at, const char *like)
{
	for (; *like; like++, (*at)++)
		if (*like == '0' ? !(**at >= '0' && **at <= '9')
				 : **at != *like)
			return false;
	return true;
}

static bool take_from(const char *at, struct bk_buf *from)
{
	from->len = 0;
	bk_buf_add(from, "From ", 5);
	while (*at) {
		uint8_t c = (uint8_t)*at++;
		if (c == '%' && !take_hex(&at, &c))
			return false;
		bk_buf_add_u8(from, c);
	}
	return true;
}

bool bk_mbox_name_read(const char *text, struct bk_mbox_name *out,
		       struct bk_buf *from)
{
	*out = (struct bk_mbox_name){.place = -1, .number = 1};
	if (*text == '#') {
		size_t len = strcspn(text, " ");
		if (!text[len])
			return false;
		out->place = 0;
		text += len + 1;
	}
	if (!take_digits(&text, "00000000T000000."))
		return false;
	for (size_t i = 0; i < BK_MBOX_DIGEST; i++)
		if (!take_hex(&text, &out->digest[i]))
			return false;
	if (*text == '.')
		text += 1 + strspn(text + 1, "0123456789");
	if (*text++ != ' ' || !take_from(text, from))
		return false;
	out->from = bk_buf_view(from);
	return true;
}
