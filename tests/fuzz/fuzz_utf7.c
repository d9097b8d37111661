/* A folder's name in modified UTF-7: refused, or spelled alike again; and the
 * same bytes as UTF-8: refused, or read back. */

#include <stdlib.h>
#include <string.h>

#include "mail/utf7.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void there_and_back(struct bk_view name,
			   bool (*there)(struct bk_view, struct bk_buf *),
			   bool (*back)(struct bk_view, struct bk_buf *))
{
	struct bk_buf other = {0};
	struct bk_buf again = {0};

	if (there(name, &other)) {
		if (!back(bk_buf_view(&other), &again))
			abort();
		if (again.len != name.len ||
		    (name.len && memcmp(again.data, name.data, name.len) != 0))
			abort();
	} else if (other.len) {
		abort();
	}
	bk_buf_clear(&other);
	bk_buf_clear(&again);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bk_view name = {data, len};

	there_and_back(name, bk_utf7_decode, bk_utf7_encode);
	there_and_back(name, bk_utf7_encode, bk_utf7_decode);
	return 0;
}
