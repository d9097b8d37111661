/* What an mbox file's own lines say of a message: see mboxfile.h. */

#include <string.h>

#include "store/mboxfile.h"

bool bk_mbox_word(struct bk_view *text, struct bk_view *word)
{
	while (text->len && text->data[0] <= ' ') {
		text->data++;
		text->len--;
	}
	word->data = text->data;
	word->len = 0;
	while (word->len < text->len && text->data[word->len] > ' ')
		word->len++;
	text->data += word->len;
	text->len -= word->len;
	return word->len > 0;
}

static bool read_number(struct bk_view word, uint32_t *out)
{
	uint64_t number = 0;

	if (!word.len || word.len > 10)
		return false;
	for (size_t i = 0; i < word.len; i++) {
		if (word.data[i] < '0' || word.data[i] > '9')
			return false;
		number = number * 10 + (uint64_t)(word.data[i] - '0');
	}
	if (number > UINT32_MAX)
		return false;
	*out = (uint32_t)number;
	return true;
}

static void add_base(struct bk_mbox_marks *marks, struct bk_view value)
{
	struct bk_view first, second;
	uint32_t validity, last;

	if (!bk_mbox_word(&value, &first) || !bk_mbox_word(&value, &second) ||
	    !read_number(first, &validity) || !validity ||
	    !read_number(second, &last))
		return;
	marks->has_base = true;
	marks->uid_validity = validity;
	marks->uid_last = last;
	marks->base_keywords = value;
}

/* Status says that it was read, X-Status the rest. */
static uint8_t flags_of(struct bk_view letters, bool more)
{
	static const struct {
		char letter;
		bool more;
		uint8_t flag;
	} known[] = {
		{'R', false, BK_FLAG_SEEN    },
                {'A', true,  BK_FLAG_ANSWERED},
		{'F', true,  BK_FLAG_FLAGGED },
                {'T', true,  BK_FLAG_DRAFT   },
		{'D', true,  BK_FLAG_DELETED },
	};
	uint8_t flags = 0;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (known[i].more == more && letters.len &&
		    memchr(letters.data, known[i].letter, letters.len))
			flags |= known[i].flag;
	return flags;
}

void bk_mbox_marks_add(struct bk_mbox_marks *marks, enum bk_mbox_field field,
		       struct bk_view value)
{
	uint32_t uid;

	switch (field) {
	case BK_MBOX_STATUS:
	case BK_MBOX_X_STATUS:
		marks->flags |= flags_of(value, field == BK_MBOX_X_STATUS);
		break;
	case BK_MBOX_X_UID:
		if (read_number(value, &uid))
			marks->uid = uid;
		break;
	case BK_MBOX_X_KEYWORDS:
		marks->keywords = value;
		break;
	case BK_MBOX_X_IMAP:
	case BK_MBOX_X_IMAPBASE:
		add_base(marks, value);
		break;
	case BK_MBOX_NONE:
	case BK_MBOX_CONTENT_LENGTH:
		break;
	}
}
