/* Accounts under another address: see account_as.h. */

#include "base/account_as.h"

#include <string.h>

#include "base/buf.h"

int bk_account_as_check(const char *pattern, struct bk_err *err)
{
	for (const char *p = strchr(pattern, '%'); p; p = strchr(p + 2, '%'))
		if (!p[1] || !strchr("und%", p[1]))
			return bk_fail(err, BK_MISUSE,
				       "'%s': '%.2s' is no variable; "
				       "there are %%u (the address), %%n "
				       "(before the '@'), %%d (the domain)",
				       pattern, p);
	return 0;
}

const char *bk_account_as(struct bk_arena *arena, const char *pattern,
			  const char *address)
{
	const char *at = strrchr(address, '@');
	struct bk_buf out = {0};
	size_t local = at ? (size_t)(at - address) : strlen(address);

	for (const char *p = pattern; *p; p++) {
		if (*p != '%' || !p[1] || !strchr("und%", p[1])) {
			bk_buf_add(&out, p, 1);
			continue;
		}
		p++;
		if (*p == '%')
			bk_buf_add(&out, p, 1);
		else if (*p == 'u')
			bk_buf_printf(&out, "%s", address);
		else if (*p == 'n')
			bk_buf_add(&out, address, local);
		else
			bk_buf_printf(&out, "%s", at ? at + 1 : "");
	}
	const char *name = bk_arena_strdup(arena, bk_buf_text(&out));
	bk_buf_clear(&out);
	return name;
}
