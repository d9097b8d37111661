/* Dumps out of the manual: see manual.h. */

#include "lib/manual.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/test.h"
#include "repo/signed.h"

#define PAGE "man/bk-format.5"

/* "0010 a1a1a1a1 a1a1 note": the bytes are in columns 5 to 39. */
#define FIRST_COLUMN 5
#define LAST_COLUMN  40

static bool begins(const char *line, const char *text)
{
	return strncmp(line, text, strlen(text)) == 0;
}

static unsigned digit(char c)
{
	return (unsigned)(isdigit((unsigned char)c) ? c - '0' : c - 'a' + 10);
}

static void add_line(const char *line, struct bk_buf *out)
{
	size_t len = strcspn(line, "\n");

	if (len > LAST_COLUMN)
		len = LAST_COLUMN;
	if (len > FIRST_COLUMN && begins(line + FIRST_COLUMN, "00 * ")) {
		size_t n = strtoul(line + FIRST_COLUMN + 5, NULL, 10);
		memset(bk_buf_grow(out, n), 0, n);
		return;
	}
	for (size_t i = FIRST_COLUMN; i + 1 < len; i++) {
		if (line[i] == ' ')
			continue;
		bk_buf_add_u8(out, (uint8_t)(digit(line[i]) << 4 |
					     digit(line[i + 1])));
		i++;
	}
}

void manual_dump(const char *section, const char *label, struct bk_buf *out)
{
	char line[256];
	size_t had = out->len;
	bool there = false, in_dump = false;
	FILE *page = fopen(PAGE, "r");

	if (!page)
		fail_msg("no %s here: run the test in the top folder", PAGE);
	while (fgets(line, sizeof(line), page)) {
		const char *wanted = there ? label : section;
		if (in_dump && begins(line, ".Ed"))
			break;
		if (in_dump)
			add_line(line, out);
		else if (there && !label)
			in_dump = begins(line, ".Bd -literal\n");
		else if (begins(line, wanted) && there)
			label = NULL;
		else if (begins(line, wanted))
			there = true;
	}
	(void)fclose(page);
	if (out->len == had)
		fail_msg("%s has no dump for '%s'", PAGE, section);
}

void manual_records(const char *section, const char *label, struct bk_buf *out)
{
	uint8_t signature[BK_SIGNATURE_LEN];
	struct bk_view records;
	struct bk_err err = {0};

	manual_dump(section, label, out);
	assert_int_equal(
		bk_signed_split(bk_buf_view(out), &records, signature, &err),
		0);
	out->len = records.len;
}
