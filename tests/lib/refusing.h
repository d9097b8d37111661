/*
 * Manifests that say what they must not, and what becomes of them: for the
 * tests of what a set refuses.  One repository, whose full set has one account
 * and one folder of three messages; then a manifest is begun, filled, finished.
 */

#ifndef BK_TESTS_REFUSING_H
#define BK_TESTS_REFUSING_H

#include <string.h>

#include "lib/setmaker.h"
#include "lib/test.h"
#include "repo/set.h"

static struct testrepo t;
static struct setmade full; /* one account, one folder of three messages */
static struct setmaker maker;
static struct bk_manifest_end totals;
static struct bk_err err;

/* ---- what goes into a manifest ---- */

static inline void name_record(uint8_t type, const struct bk_buf *body)
{
	bk_manifest_writer_name(maker.manifest, type, bk_buf_view(body));
}

static inline void add_account(uint32_t id, const char *address)
{
	const struct bk_account account = {.address = address};
	struct bk_buf body = {0};

	bk_account_encode(&body, id, &account);
	name_record(BK_RECORD_ACCOUNT, &body);
	bk_buf_clear(&body);
}

static inline void add_folder(uint32_t id, uint32_t account)
{
	const struct bk_folder folder = {.name = "INBOX"};
	struct bk_buf body = {0};

	bk_folder_encode(&body, id, account, &folder, 3);
	name_record(BK_RECORD_FOLDER, &body);
	bk_buf_clear(&body);
}

static inline void add_id(uint8_t type, uint32_t id)
{
	struct bk_buf body = {0};

	bk_buf_add_varint(&body, id);
	name_record(type, &body);
	bk_buf_clear(&body);
}

static inline void messages(uint8_t type, uint32_t folder, struct bk_buf *body)
{
	testrepo_done(bk_manifest_writer_messages(maker.manifest, type, 1,
						  folder, bk_buf_view(body),
						  &err),
		      &err);
	bk_buf_clear(body);
}

/* Record 3 with these uids. */
static inline void add_rows(uint32_t folder, const uint32_t *uids, size_t n)
{
	const uint8_t digest[BK_DIGEST_LEN] = {0};
	struct bk_rows_record rows = {0};
	const struct bk_recipe recipe = {0};
	struct bk_buf body = {0};

	for (size_t i = 0; i < n; i++) {
		const struct bk_message msg = {.name = "", .uid = uids[i]};
		bk_rows_record_add(&rows, &msg, digest, &recipe);
	}
	bk_rows_record_finish(&rows, folder, &body);
	messages(BK_RECORD_MESSAGES, folder, &body);
	bk_rows_record_clear(&rows);
}

/* Record 7 of these operations, each a number and its count. */
static inline void add_ops(uint32_t folder, const char *ops, size_t len)
{
	struct bk_buf body = {0};

	bk_buf_add_varint(&body, folder);
	bk_buf_add(&body, ops, len);
	messages(BK_RECORD_CHANGES, folder, &body);
}

#define OPS(folder, ops) add_ops(folder, ops, sizeof(ops) - 1)

static inline void begin(unsigned number, enum bk_set_kind kind,
			 const struct setmade *base)
{
	setmaker_begin(&maker, &t, number, kind, base);
	totals = (struct bk_manifest_end){.accounts = 1, .folders = 1};
}

static inline int start(void **state)
{
	static const uint32_t uids[] = {1, 2, 3};

	(void)state;
	err = (struct bk_err){0};
	testrepo_make(&t);
	begin(0, BK_SET_FULL, NULL);
	add_account(1, "ann@a.test");
	add_folder(1, 1);
	add_rows(1, uids, 3);
	setmaker_finish(&maker, &totals);
	full = maker.made;
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	testrepo_drop(&t);
	return 0;
}

/* ---- what becomes of it ---- */

/* Opening the set, or else reading its folder 1, must fail so. */
static inline void assert_refused(enum bk_kind kind, const char *text)
{
	struct bk_row_list rows = {0};
	struct bk_set *set = NULL;
	struct bk_err why = {0};

	setmaker_finish(&maker, &totals);
	int rc = bk_set_open(&set, &t.repo, maker.made.id, &why);
	if (rc == 0)
		rc = bk_set_rows(set, 1, true, &rows, &why);
	if (rc == 0)
		fail_msg("was taken, and should say '%s'", text);
	if (!strstr(why.text, text))
		fail_msg("'%s' does not say '%s'", why.text, text);
	assert_int_equal(why.kind, kind);
	assert_null(rows.items);
	bk_set_close(set);
}

static inline size_t rows_of_set(void)
{
	struct bk_row_list rows = {0};
	struct bk_set *set = NULL;

	setmaker_finish(&maker, &totals);
	testrepo_done(bk_set_open(&set, &t.repo, maker.made.id, &err), &err);
	testrepo_done(bk_set_rows(set, 1, false, &rows, &err), &err);
	size_t n = rows.n;
	bk_row_list_clear(&rows);
	bk_set_close(set);
	return n;
}

static inline void begin_delta(void)
{
	begin(1, BK_SET_DIFFERENTIAL, &full);
}

#endif
