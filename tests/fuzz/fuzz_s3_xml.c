/* Any bytes as an answer of S3: no listing that is not whole is taken for one,
 * and what is taken says all of what it must. */

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "target/s3_error.h"
#include "target/s3_page.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

static void items(const struct bk_s3_page *page)
{
	for (size_t i = 0; i < page->n; i++) {
		const struct bk_s3_item *item = &page->items[i];
		must(page->what == BK_S3_PARTS || item->key);
		must((page->what == BK_S3_UPLOADS) <= (item->upload != NULL));
		must(item->size <= INT64_MAX);
	}
}

/* In two pieces, as the network cuts them; twice the same. */
static void listing(enum bk_s3_listing what, const uint8_t *data, size_t len,
		    size_t cut)
{
	struct bk_s3_page page;
	struct bk_err err = {0};

	bk_s3_page_init(&page, what);
	struct bk_sink *to = &page.xml.sink;
	int rc = to->write(to, data, cut, &err);
	if (rc == 0)
		rc = to->write(to, data + cut, len - cut, &err);
	if (rc == 0)
		rc = bk_s3_page_end(&page, &err);
	if (rc == 0) {
		must(!page.truncated || (page.next && *page.next));
		items(&page);
	} else {
		must(err.kind == BK_CORRUPT);
	}
	bk_s3_page_clear(&page);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bk_s3_complaint complaint;
	struct bk_err err = {.kind = BK_FAILED};
	size_t cut = len ? data[len / 2] % len : 0;

	listing(BK_S3_OBJECTS, data, len, cut);
	listing(BK_S3_UPLOADS, data, len, cut);
	listing(BK_S3_PARTS, data, len, cut);
	bk_s3_complaint_read(&complaint, (struct bk_view){data, len});
	(void)bk_s3_complain(&complaint, (int64_t)len, &err);
	must(err.kind != BK_OK);
	return 0;
}
