/*
 * Sets of one message, made by hand, and what a check says of them: for its
 * tests.  Everything is signed, sealed and summed rightly, whatever it says.
 */

#ifndef BK_TESTS_CHECKING_H
#define BK_TESTS_CHECKING_H

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "job/check.h"
#include "lib/packmaker.h"
#include "lib/setmaker.h"
#include "lib/test.h"
#include "mail/split.h"
#include "repo/set.h"

#define ALL 1000000u

static struct testrepo t;
static struct bk_buf said; /* what the check told, a line each */

/* ---- a listener ---- */

static inline void no_start(struct bk_progress *to, const struct bk_run *run)
{
	(void)to;
	(void)run;
}

static inline void no_totals(struct bk_progress *to,
			     const struct bk_totals *totals)
{
	(void)to;
	(void)totals;
}

static inline void keep_text(struct bk_progress *to, const char *text)
{
	(void)to;
	bk_buf_printf(&said, "%s\n", text);
}

static inline void keep_error(struct bk_progress *to,
			      const struct bk_item_error *item)
{
	(void)to;
	bk_buf_printf(&said, "%s\n", item->text);
}

static inline void no_end(struct bk_progress *to,
			  const struct bk_summary *summary)
{
	(void)to;
	(void)summary;
}

static inline void no_target(struct bk_progress *to,
			     const struct bk_target_report *report)
{
	(void)to;
	(void)report;
}

static const struct bk_progress_ops ops = {
	.start = no_start,
	.totals = no_totals,
	.account = keep_text,
	.item_error = keep_error,
	.note = keep_text,
	.target = no_target,
	.finish = no_end,
};

/* ---- a set of one message ---- */

static const struct packed_chunk chunks[] = {
	{BK_CHUNK_TRACE,    0, "Received: by x\n"  },
	{BK_CHUNK_SKELETON, 1, "Subject: one\n\n"  },
	{BK_CHUNK_TEXT,     2, "One.\n"            },
	{BK_CHUNK_BINARY,   2, "nobody's business."},
};

#define N_CHUNKS (sizeof(chunks) / sizeof(*chunks))

/* How the set is made; what is not said is right. */
struct making {
	unsigned number;
	enum bk_set_kind kind;
	const struct setmade *base;
	uint64_t refs[3];                     /* all zero: 0, 1, 2 */
	void (*pack)(struct packmaker *pack); /* spoils */
	void (*index)(struct bk_buf *rows);
	void (*table)(struct bk_table *table);
	void (*root)(struct setmaker *maker);
	uint32_t directory_account; /* 0: 1 */
	uint8_t record;             /* 0: messages */
	bool no_pack;               /* table is as `table` makes it */
	bool empty;                 /* folder without messages, of a base */
};

static struct bk_table_row pack_row; /* of the pack that was made last */

static inline void digest_of(uint8_t out[BK_DIGEST_LEN])
{
	struct bk_digester *digester = bk_digester_new(&t.repo.keys.digest);

	bk_digester_begin(digester);
	for (size_t i = 0; i < 3; i++)
		bk_digester_update(digester, chunks[i].text,
				   strlen(chunks[i].text));
	bk_digester_final(digester, out);
	bk_digester_free(digester);
}

static inline void recipe_of(const struct making *making,
			     struct bk_recipe *recipe)
{
	static const uint64_t right[3] = {0, 1, 2};
	const uint64_t *refs =
		making->refs[0] | making->refs[1] | making->refs[2]
			? making->refs
			: right;

	recipe->refs = bk_alloc(3 * sizeof(*recipe->refs));
	memcpy(recipe->refs, refs, sizeof(right));
	recipe->n_refs = 3;
	recipe->n_trace = 1;
	recipe->n_skeleton = 1;
	recipe->parts = bk_alloc(sizeof(*recipe->parts));
	recipe->parts[0] =
		(struct bk_part){.skip = strlen(chunks[1].text), .n_refs = 1};
	recipe->n_parts = 1;
}

static inline struct bk_message message_of(void)
{
	return (struct bk_message){
		.name = "1.a",
		.uid = 1,
		.flags = BK_FLAG_SEEN,
		.date = 1700000000,
		.size = strlen(chunks[0].text) + strlen(chunks[1].text) +
			strlen(chunks[2].text),
	};
}

static inline void end_of(const struct bk_buf *folder, bool empty,
			  struct bk_manifest_end *end)
{
	struct bk_set_folder sum_of = {.body = *folder};
	struct bk_row_list rows = {0};
	uint8_t sum[BK_SHA256_LEN];
	struct bk_sha256 sha;

	*end = (struct bk_manifest_end){.accounts = 1, .folders = 1};
	if (!empty) {
		struct bk_row *row = bk_row_list_add(&rows);
		row->msg = message_of();
		digest_of(row->digest);
		end->messages = 1;
		end->bytes = row->msg.size;
	}
	bk_set_folder_sum(&sum_of, &rows, sum);
	bk_sha256_init(&sha);
	bk_sha256_update(&sha, sum, sizeof(sum));
	bk_sha256_final(&sha, end->state_sha256);
	bk_row_list_clear(&rows);
}

static inline void add_names(struct setmaker *maker,
			     const struct making *making,
			     struct bk_manifest_end *end)
{
	const struct bk_account account = {.address = "ann@a.test"};
	const struct bk_folder folder = {.name = "INBOX"};
	struct bk_buf body = {0};

	bk_account_encode(&body, 1, &account);
	bk_manifest_writer_name(maker->manifest, BK_RECORD_ACCOUNT,
				bk_buf_view(&body));
	body.len = 0;
	bk_folder_encode(&body, 1, 1, &folder, !making->empty);
	bk_manifest_writer_name(maker->manifest, BK_RECORD_FOLDER,
				bk_buf_view(&body));
	end_of(&body, making->empty, end);
	bk_buf_clear(&body);
}

static inline void add_messages(struct setmaker *maker,
				const struct making *making)
{
	uint8_t type = making->record ? making->record : BK_RECORD_MESSAGES;
	uint32_t account =
		making->directory_account ? making->directory_account : 1;
	const struct bk_message msg = message_of();
	struct bk_rows_record rows = {0};
	struct bk_delta_record delta = {0};
	struct bk_recipe recipe = {0};
	uint8_t digest[BK_DIGEST_LEN];
	struct bk_buf body = {0};
	struct bk_err err = {0};

	recipe_of(making, &recipe);
	digest_of(digest);
	bk_rows_record_add(&rows, &msg, digest, &recipe);
	bk_delta_record_add(&delta, &msg, digest, &recipe);
	if (type == BK_RECORD_MESSAGES)
		bk_rows_record_finish(&rows, 1, &body);
	else
		bk_delta_record_finish(&delta, 1, &body);
	testrepo_done(bk_manifest_writer_messages(maker->manifest, type,
						  account, 1,
						  bk_buf_view(&body), &err),
		      &err);
	bk_rows_record_clear(&rows);
	bk_delta_record_clear(&delta);
	bk_recipe_clear(&recipe);
	bk_buf_clear(&body);
}

static inline struct setmade make(const struct making *making)
{
	struct setmaker maker;
	struct bk_manifest_end end;
	struct bk_buf rows = {0};

	setmaker_begin(&maker, &t, making->number, making->kind, making->base);
	if (!making->no_pack) {
		packmaker_put(&t, maker.made.id, chunks, N_CHUNKS, making->pack,
			      &pack_row);
		*bk_table_add(&maker.table) = pack_row;
		packmaker_index(&t, 0, chunks, N_CHUNKS, &rows);
	}
	if (making->table)
		making->table(&maker.table);
	if (making->index)
		making->index(&rows);
	maker.index = bk_buf_view(&rows);
	add_names(&maker, making, &end);
	if (!making->empty)
		add_messages(&maker, making);
	setmaker_finish_parts(&maker, &end);
	if (making->root)
		making->root(&maker);
	struct setmade made = maker.made;
	setmaker_put_root(&maker);
	memcpy(made.sha256, maker.made.sha256, sizeof(made.sha256));
	bk_buf_clear(&rows);
	return made;
}

/* ---- what a check says ---- */

static inline int check(uint32_t read_ppm, const char *word)
{
	struct bk_progress progress = {.ops = &ops};
	const struct bk_choice choice = {.word = word, .at = BK_NO_TIME};
	const struct bk_check_request request = {
		.repo = &t.repo,
		.choice = word ? &choice : NULL,
		.read_ppm = read_ppm,
		.threads = 2,
	};
	struct bk_outcome outcome = {0};
	struct bk_err err = {0};

	said.len = 0;
	int rc = bk_check_run(&request, &progress, &outcome, &err);
	(void)bk_buf_text(&said);
	if (rc < 0)
		assert_int_equal(err.kind, BK_CORRUPT);
	/* Nobody need listen. */
	assert_int_equal(bk_check_run(&request, NULL, &outcome, &err), rc);
	return rc;
}

static inline void assert_whole(uint32_t read_ppm)
{
	if (check(read_ppm, NULL) < 0)
		fail_msg("%s", bk_buf_text(&said));
}

static inline void assert_found(uint32_t read_ppm, const char *text)
{
	if (check(read_ppm, NULL) == 0)
		fail_msg("nothing was found, and it should say '%s'", text);
	if (!strstr(bk_buf_text(&said), text))
		fail_msg("'%s' does not say '%s'", bk_buf_text(&said), text);
}

static inline int start(void **state)
{
	struct bk_err err = {0};
	const uint8_t marker[] = "marker";

	(void)state;
	testrepo_make(&t);
	testrepo_done(bk_target_put(t.repo.target, "bkrepo",
				    (struct bk_view){marker, sizeof(marker)},
				    &err),
		      &err);
	return 0;
}

static inline int end(void **state)
{
	(void)state;
	testrepo_drop(&t);
	bk_buf_clear(&said);
	return 0;
}

#endif
