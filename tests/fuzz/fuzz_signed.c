/*
 * What other hosts put into a repository: the first byte says what the rest is
 * taken for.  Refused, or what is written of it is read back as the same.
 */

#include <stdlib.h>
#include <string.h>

#include "repo/intent.h"
#include "repo/root.h"
#include "repo/table.h"
#include "repo/trash.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int root_again(struct bk_view in, struct bk_buf *out)
{
	struct bk_root root = {0};
	struct bk_err err = {0};
	int rc = bk_root_decode(in, &root, &err);

	if (rc == 0)
		bk_root_encode(&root, out);
	bk_root_clear(&root);
	return rc;
}

static int intent_again(struct bk_view in, struct bk_buf *out)
{
	struct bk_intent intent = {0};
	struct bk_err err = {0};
	int rc = bk_intent_decode(in, &intent, &err);

	if (rc == 0)
		bk_intent_encode(&intent, out);
	bk_intent_clear(&intent);
	return rc;
}

static int trash_again(struct bk_view in, enum bk_trash_step step,
		       struct bk_buf *out)
{
	struct bk_trash trash = {0};
	struct bk_err err = {0};
	int rc = bk_trash_decode(in, step, &trash, &err);

	if (rc == 0)
		bk_trash_encode(&trash, out);
	bk_trash_clear(&trash);
	return rc;
}

static int hold_again(struct bk_view in, struct bk_buf *out)
{
	struct bk_hold hold = {0};
	struct bk_err err = {0};
	int rc = bk_hold_decode(in, &hold, &err);

	if (rc == 0)
		bk_hold_encode(&hold, out);
	bk_hold_clear(&hold);
	return rc;
}

static int table_again(struct bk_view in, struct bk_buf *out)
{
	static const uint8_t set[BK_ID_LEN];
	struct bk_table table = {0};
	struct bk_err err = {0};
	int rc = bk_table_decode(&table, set, in, &err);

	if (rc == 0)
		(void)bk_table_encode(&table, 0, out);
	bk_table_clear(&table);
	return rc;
}

static int again(uint8_t what, struct bk_view in, struct bk_buf *out)
{
	switch (what) {
	case '0':
		return root_again(in, out);
	case '1':
		return intent_again(in, out);
	case '2':
		return hold_again(in, out);
	case '3':
		return table_again(in, out);
	case '4':
		return trash_again(in, BK_TRASH_LIST, out);
	case '5':
		return trash_again(in, BK_TRASH_GO, out);
	case '6':
		return trash_again(in, BK_TRASH_DONE, out);
	default:
		return -1;
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bk_buf once = {0}, twice = {0};

	if (len &&
	    again(data[0], (struct bk_view){data + 1, len - 1}, &once) == 0) {
		if (again(data[0], bk_buf_view(&once), &twice) < 0)
			abort();
		if (once.len != twice.len ||
		    memcmp(once.data, twice.data, once.len))
			abort();
	}
	bk_buf_clear(&once);
	bk_buf_clear(&twice);
	return 0;
}
