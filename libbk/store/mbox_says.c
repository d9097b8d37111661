/* What the shape of a message says of it: see mbox_writer.h. */

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "store/mbox_writer.h"

struct saying {
	struct bk_mbox_marks marks;
	uint32_t uid;
	bool names_uid;
};

static void read_line(void *arg, struct bk_view text)
{
	struct saying *saying = arg;
	enum bk_mbox_field field = bk_mbox_field_of(text);
	const uint8_t *colon = memchr(text.data, ':', text.len);
	struct bk_view value, word;

	if (!colon)
		return;
	value.data = colon + 1;
	value.len = text.len - (size_t)(value.data - text.data);
	if (field == BK_MBOX_X_UID &&
	    memchr(value.data, BK_MBOX_SHAPE_UID, value.len))
		saying->names_uid = true;
	else if (field == BK_MBOX_X_KEYWORDS)
		saying->marks.keywords = value;
	else if (bk_mbox_word(&value, &word) && field != BK_MBOX_X_IMAPBASE)
		bk_mbox_marks_add(&saying->marks, field, word);
}

static bool says_keywords(struct bk_view words,
			  const struct bk_mbox_want *marks,
			  const char *const *names)
{
	struct bk_view word;
	uint16_t found = 0, n = 0;

	for (; bk_mbox_word(&words, &word); n++)
		for (uint16_t i = 0; i < marks->n_keywords; i++) {
			const char *name = names[marks->keywords[i]];
			if (strlen(name) == word.len &&
			    strncasecmp(name, (const char *)word.data,
					word.len) == 0) {
				found++;
				break;
			}
		}
	return found == n && n >= marks->n_keywords;
}

bool bk_mbox_shape_says(struct bk_view shape, const struct bk_mbox_want *marks,
			const char *const *names)
{
	struct saying saying = {0};

	if (bk_mbox_shape_is_plain(shape))
		return true;
	bk_mbox_shape_lines(shape, read_line, &saying);
	return saying.marks.flags == marks->flags &&
	       saying.names_uid == (marks->uid != 0) &&
	       says_keywords(saying.marks.keywords, marks, names);
}

/* The last UID of "X-IMAPbase: 1700000000 0000000005 ..." becomes the new
 * file's, if that is higher, in as many digits; `at` is where the line begins.
 */
static void raise_at(struct bk_buf *text, size_t at, uint32_t last)
{
	char digits[24];
	size_t begin = at, end;

	while (begin < text->len && text->data[begin] != ':')
		begin++;
	for (int word = 0; word < 2; word++) {
		begin = word ? begin : begin + 1;
		while (begin < text->len && text->data[begin] == ' ')
			begin++;
		end = begin;
		while (end < text->len && text->data[end] >= '0' &&
		       text->data[end] <= '9')
			end++;
		if (!word)
			begin = end;
	}
	int len = snprintf(digits, sizeof(digits), "%0*u", (int)(end - begin),
			   last);
	if (end > begin && (size_t)len == end - begin &&
	    memcmp(text->data + begin, digits, (size_t)len) < 0)
		memcpy(text->data + begin, digits, (size_t)len);
}

void bk_mbox_raise_last(struct bk_buf *text, uint32_t last)
{
	static const char name[] = "X-IMAP";

	for (size_t at = 0; at + sizeof(name) < text->len; at++)
		if (strncasecmp((const char *)text->data + at, name,
				sizeof(name) - 1) == 0) {
			raise_at(text, at, last);
			return;
		}
}
