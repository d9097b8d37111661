/* Identifiers and rights: see imaprights.h. */

#include "store/imaprights.h"

#include <string.h>

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);

	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

static bool is_everybody(const char *who)
{
	return strcmp(who, "anyone") == 0 || strcmp(who, "anonymous") == 0 ||
	       strcmp(who, "authenticated") == 0 || strcmp(who, "owner") == 0;
}

void bk_imaprights_who(const char *imap, struct bk_buf *out)
{
	if (*imap == '-') {
		bk_buf_add_u8(out, '-');
		imap++;
	}
	const char *group = after(imap, "$");
	const char *overriding = after(imap, "!$");
	if (!group)
		group = after(imap, "group:");
	if (is_everybody(imap))
		bk_buf_printf(out, "%s", imap);
	else if (group)
		bk_buf_printf(out, "group=%s", group);
	else if (overriding)
		bk_buf_printf(out, "group-override=%s", overriding);
	else
		bk_buf_printf(out, "user=%s", imap);
}

void bk_imaprights_identifier(const char *who, bool cyrus, struct bk_buf *out)
{
	if (*who == '-') {
		bk_buf_add_u8(out, '-');
		who++;
	}
	const char *user = after(who, "user=");
	const char *group = after(who, "group=");
	const char *overriding = after(who, "group-override=");
	if (user)
		bk_buf_printf(out, "%s", user);
	else if (group)
		bk_buf_printf(out, "%s%s", cyrus ? "group:" : "$", group);
	else if (overriding)
		bk_buf_printf(out, "!$%s", overriding);
	else
		bk_buf_printf(out, "%s", who);
}

void bk_imaprights_plain(const char *rights, struct bk_buf *out)
{
	bool has_new = strpbrk(rights, "kxte") != NULL;

	for (; *rights; rights++)
		if (!has_new || (*rights != 'c' && *rights != 'd'))
			bk_buf_add_u8(out, (uint8_t)*rights);
}
