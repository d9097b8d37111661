/* Flags and keywords apart: see imapflags.h. */

#include "imap/imapflags.h"

#include <string.h>

#include "mail/flags.h"

static uint8_t flag_of(struct bk_view word)
{
	char name[16];

	if (word.len >= sizeof(name))
		return 0;
	memcpy(name, word.data, word.len);
	name[word.len] = 0;
	return bk_flag_of_name(name);
}

uint8_t bk_imap_sort_flags(struct bk_view *words, size_t *n)
{
	uint8_t flags = 0;
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++) {
		if (!words[i].len)
			continue;
		if (*words[i].data == '\\')
			flags |= flag_of(words[i]);
		else
			words[kept++] = words[i];
	}
	*n = kept;
	return flags;
}
