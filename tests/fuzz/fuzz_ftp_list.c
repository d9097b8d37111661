/* A line of a listing: refused, or an entry whose name lies in the line and can
 * be noted. */

#include <stdlib.h>
#include <string.h>

#include "target/ftp_list.h"
#include "target/ls_line.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check(struct bk_view line, int rc, const struct bk_entry *entry,
		  const struct bk_err *err)
{
	const uint8_t *name = (const uint8_t *)entry->name;

	if (rc < 0 && err->kind != BK_FAILED)
		abort();
	if (rc > 0 && (!entry->len || name < line.data ||
		       name + entry->len != line.data + line.len ||
		       entry->size > INT64_MAX || entry->mtime < 0))
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	/* Exactly as long, so that a step beyond its end is seen. */
	uint8_t *copy = malloc(len ? len : 1);
	struct bk_view line = {copy, len};
	struct bk_entry entry = {0};
	struct bk_err err = {0};

	if (!copy)
		abort();
	if (len)
		memcpy(copy, data, len);
	check(line, bk_ftp_mlsd_line(line, &entry, &err), &entry, &err);
	entry = (struct bk_entry){0};
	err = (struct bk_err){0};
	check(line, bk_ls_line(line, &entry, &err), &entry, &err);
	(void)bk_ftp_time(line);
	free(copy);
	return 0;
}
