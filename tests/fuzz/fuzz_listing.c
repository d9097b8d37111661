/* What servers say of a folder: the first byte chooses a PROPFIND's answer (x)
 * or a page (h: HTML, j: JSON).  Whatever comes, an entry has a name of one
 * level, and what is fed in pieces is read like the whole. */

#include <stdlib.h>
#include <string.h>

#include "target/autoindex.h"
#include "target/multistatus.h"

#define PATH "/repo/data"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int check(void *arg, const struct bk_entry *entry, struct bk_err *err)
{
	unsigned *count = arg;

	(void)err;
	if (entry->len == 0 || memchr(entry->name, '/', entry->len) ||
	    memchr(entry->name, 0, entry->len))
		abort();
	(*count)++;
	return 0;
}

static int check_page(void *arg, const struct bk_entry *entry, bool sized,
		      struct bk_err *err)
{
	(void)sized;
	return check(arg, entry, err);
}

static int read_in_pieces(const uint8_t *data, size_t len, size_t piece,
			  unsigned *count)
{
	struct bk_multistatus *from = bk_multistatus_new(PATH, check, count);
	struct bk_err err = {0};
	int rc = 0;

	for (size_t at = 0; rc == 0 && at < len; at += piece)
		rc = bk_multistatus_feed(from, data + at,
					 len - at < piece ? len - at : piece,
					 &err);
	if (rc == 0)
		rc = bk_multistatus_end(from, &err);
	if ((rc < 0) != (err.kind != BK_OK))
		abort();
	bk_multistatus_free(from);
	return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	unsigned whole = 0, pieces = 0;
	struct bk_err err = {0};

	if (len == 0)
		return 0;
	struct bk_view rest = {data + 1, len - 1};
	if (*data == 'h')
		(void)bk_autoindex_read(rest, "text/html", check_page, &whole,
					&err);
	else if (*data == 'j')
		(void)bk_autoindex_read(rest, "application/json", check_page,
					&whole, &err);
	else if (read_in_pieces(rest.data, rest.len, 1 << 20, &whole) !=
			 read_in_pieces(rest.data, rest.len, 7, &pieces) ||
		 whole != pieces)
		abort();
	return 0;
}
