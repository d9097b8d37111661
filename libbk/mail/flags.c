/* Spellings of system flags: see flags.h. */

#include "mail/flags.h"

#include <strings.h>

struct spelling {
	uint8_t flag;
	char letter;
	const char *name;
};

/* By letter. */
static const struct spelling spellings[] = {
	{BK_FLAG_DRAFT,    'D', "\\Draft"   },
	{BK_FLAG_FLAGGED,  'F', "\\Flagged" },
	{BK_FLAG_PASSED,   'P', "$Forwarded"},
	{BK_FLAG_ANSWERED, 'R', "\\Answered"},
	{BK_FLAG_SEEN,     'S', "\\Seen"    },
	{BK_FLAG_DELETED,  'T', "\\Deleted" },
};

#define N_SPELLINGS (sizeof(spellings) / sizeof(*spellings))

_Static_assert(N_SPELLINGS == BK_FLAG_LETTERS_MAX, "a letter for each flag");

uint8_t bk_flag_of_letter(char letter)
{
	for (size_t i = 0; i < N_SPELLINGS; i++) {
		if (spellings[i].letter == letter)
			return spellings[i].flag;
	}
	return 0;
}

void bk_flags_letters(uint8_t flags, char out[BK_FLAG_LETTERS_MAX + 1])
{
	size_t n = 0;

	for (size_t i = 0; i < N_SPELLINGS; i++) {
		if (flags & spellings[i].flag)
			out[n++] = spellings[i].letter;
	}
	out[n] = 0;
}

uint8_t bk_flag_of_name(const char *name)
{
	for (size_t i = 0; i < N_SPELLINGS; i++) {
		if (name[0] == '\\' && !strcasecmp(spellings[i].name, name))
			return spellings[i].flag;
	}
	return 0;
}

const char *bk_flag_name(uint8_t flag)
{
	for (size_t i = 0; i < N_SPELLINGS; i++) {
		if (spellings[i].flag == flag)
			return spellings[i].name;
	}
	return NULL;
}
