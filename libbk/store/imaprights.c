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

static bool is_new(const char *rights)
{
	return strpbrk(rights, "kxte") != NULL;
}

void bk_imaprights_plain(const char *rights, struct bk_buf *out)
{
	bool has_new = is_new(rights);

	for (; *rights; rights++)
		if (!has_new || (*rights != 'c' && *rights != 'd'))
			bk_buf_add_u8(out, (uint8_t)*rights);
}

static bool stands_for(char old, char right)
{
	return strchr(old == 'c' ? "kx" : "xte", right) != NULL;
}

void bk_imaprights_spell(const char *rights, struct bk_buf *out)
{
	bool has_new = is_new(rights);
	bool has_c = !has_new && strchr(rights, 'c');
	bool has_d = !has_new && strchr(rights, 'd');

	for (const char *c = "lrswipkxtea"; *c; c++)
		if (strchr(rights, *c) || (has_c && stands_for('c', *c)) ||
		    (has_d && stands_for('d', *c)))
			bk_buf_add_u8(out, (uint8_t)*c);
}

static bool is_old(const char *rights)
{
	return !is_new(rights) && strpbrk(rights, "cd");
}

bool bk_imaprights_same(const char *a, const char *b)
{
	/* To servers 'x' is part of 'c', of 'd', of both. */
	const char *all = is_old(a) || is_old(b) ? "lrswipktea" : "lrswipkxtea";
	struct bk_buf x = {0}, y = {0};
	bool same = true;

	bk_imaprights_spell(a, &x);
	bk_imaprights_spell(b, &y);
	for (const char *c = all; *c && same; c++)
		same = !strchr(bk_buf_text(&x), *c) ==
		       !strchr(bk_buf_text(&y), *c);
	bk_buf_clear(&x);
	bk_buf_clear(&y);
	return same;
}
