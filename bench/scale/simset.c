/* A set of mail that nobody wrote: see simsteps.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "repo/index.h"
#include "repo/manifest_writer.h"
#include "repo/packer.h"
#include "repo/records.h"
#include "repo/rows.h"
#include "repo/set.h"
#include "repo/table_file.h"
#include "scale/simmail.h"
#include "scale/simsteps.h"
#include "sync/plan.h"

#define LEVEL              6
#define TRAILER_STORED     156
#define DATE               1700000000
#define ACCOUNT_OF(folder) ((uint32_t)((folder) / SIM_FOLDERS + 1))

static uint64_t folders_of(const struct scale *s)
{
	return s->messages / SIM_MESSAGES;
}

/* ---- chunks ---- */

static void fill_table(struct bk_table *table, const uint8_t set[BK_ID_LEN],
		       uint64_t packs)
{
	for (uint64_t i = 0; i < packs; i++) {
		struct bk_table_row *row = bk_table_add(table);
		row->flags = BK_TABLE_OWN;
		memcpy(row->owner, set, BK_ID_LEN);
		row->owner_ordinal = (uint32_t)i;
		row->chunks = 2 * SIM_PACK_CHUNKS;
		row->body_len = 64 << 20;
		row->file_len = row->body_len + BK_FOOTER_LEN;
		row->blocks_len = 16384;
		row->blocks_offset = (64 << 20) - TRAILER_STORED - 16384;
	}
}

static void open_packer(struct scale *s, struct bk_packer **out)
{
	struct bk_packer_config config = {
		.repo = &s->repo,
		.target = s->repo.target,
		.pack_size = (uint64_t)64 << 20,
		.block_size = (size_t)1 << 20,
		.level = 4,
	};

	memcpy(config.set, s->full, sizeof(config.set));
	scale_must(bk_packer_open(out, &config, &s->err), s);
}

/* A first full set: every chunk is asked for, stored, and has its row. */
void scale_write_index(struct scale *s)
{
	struct bk_packer *packer = NULL;
	struct bk_table table = {0};
	struct bk_buf rows = {0};
	uint8_t id[BK_CHUNK_ID_LEN];
	uint64_t place;

	open_packer(s, &packer);
	fill_table(&table, s->delta, scale_chunks(s) / SIM_PACK_CHUNKS + 1);
	for (uint64_t n = 0; n < scale_chunks(s); n++) {
		uint64_t at = sim_chunk_place(n);
		uint64_t ref = bk_packer_foreign(packer, &table.rows[at >> 32],
						 (uint32_t)at);
		sim_chunk_id(n, id);
		bk_packer_know(packer, id, ref);
		(void)bk_packer_place(packer, ref, &place);
	}
	bk_packer_index_rows(packer, &rows);
	scale_must(bk_index_write(&s->repo, s->repo.target, s->full,
				  bk_buf_view(&rows), s->index, &s->err),
		   s);
	bk_buf_clear(&rows);
	bk_table_clear(&table);
	bk_packer_free(packer);
}

/* What a differential asks the base for: each chunk of its new messages, half
 * of which are there. */
void scale_look_up(struct scale *s)
{
	struct bk_index *index = NULL;
	char name[BK_NAME_MAX];
	struct bk_file_place place = {.name = bk_name_index(name, s->full, 0)};
	uint8_t id[BK_CHUNK_ID_LEN];
	uint64_t found = 0, hits = 0, asked = scale_chunks(s) / SIM_NEW_EVERY;

	scale_must(
		bk_target_stat(s->repo.target, name, &place.file_len, &s->err),
		s);
	scale_must(bk_index_open(&index, &s->repo, &place, s->full, &s->err),
		   s);
	for (uint64_t n = 0; n < asked; n++) {
		uint64_t chunk = sim_bits(n) % scale_chunks(s);
		sim_chunk_id(n % 2 ? chunk : chunk + scale_chunks(s), id);
		int rc = bk_index_find(index, id, &found, &s->err);
		scale_must(rc, s);
		hits += (uint64_t)rc;
	}
	bk_index_close(index);
	if (hits != asked / 2)
		(void)fprintf(stderr, "simscale: %ju of %ju found\n",
			      (uintmax_t)hits, (uintmax_t)asked);
}

/* ---- messages ---- */

static void add_names(struct scale *s, struct bk_manifest_writer *manifest,
		      uint64_t folder)
{
	static const char *const names[SIM_FOLDERS] = {"INBOX", "Sent", "Trash",
						       "Archive/2026"};
	struct bk_buf body = {0};
	struct bk_folder described = {
		.name = names[folder % SIM_FOLDERS],
		.delimiter = '.',
		.uid_validity = DATE,
		.uid_next = SIM_MESSAGES + 1,
		.subscribed = true,
	};
	char address[40];
	const struct bk_account account = {.address = address};

	(void)snprintf(address, sizeof(address), "person%u@example.org",
		       ACCOUNT_OF(folder));
	if (folder % SIM_FOLDERS == 0) {
		bk_account_encode(&body, ACCOUNT_OF(folder), &account);
		bk_manifest_writer_name(manifest, BK_RECORD_ACCOUNT,
					bk_buf_view(&body));
		body.len = 0;
	}
	described.raw = (struct bk_view){(const uint8_t *)described.name,
					 strlen(described.name)};
	bk_folder_encode(&body, (uint32_t)folder + 1, ACCOUNT_OF(folder),
			 &described, SIM_MESSAGES);
	bk_manifest_writer_name(manifest, BK_RECORD_FOLDER, bk_buf_view(&body));
	bk_buf_clear(&body);
	(void)s;
}

static void put_record(struct scale *s, struct bk_manifest_writer *manifest,
		       uint8_t type, uint64_t folder, struct bk_buf *body)
{
	scale_must(bk_manifest_writer_messages(
			   manifest, type, ACCOUNT_OF(folder),
			   (uint32_t)folder + 1, bk_buf_view(body), &s->err),
		   s);
	body->len = 0;
}

static void write_folder(struct scale *s, struct bk_manifest_writer *manifest,
			 uint64_t folder)
{
	static struct bk_rows_record record;
	static struct bk_recipe recipe;
	static struct bk_buf body;
	uint8_t digest[BK_DIGEST_LEN];
	struct bk_message msg;
	char name[SIM_NAME];

	for (uint64_t i = 0; i < SIM_MESSAGES; i++) {
		uint64_t n = folder * SIM_MESSAGES + i;
		sim_message(n, name, &msg, digest);
		sim_recipe(n, &recipe);
		bk_rows_record_add(&record, &msg, digest, &recipe);
		if (bk_rows_record_size(&record) < BK_ROWS_RECORD_FULL)
			continue;
		bk_rows_record_finish(&record, (uint32_t)folder + 1, &body);
		put_record(s, manifest, BK_RECORD_MESSAGES, folder, &body);
	}
	bk_rows_record_finish(&record, (uint32_t)folder + 1, &body);
	put_record(s, manifest, BK_RECORD_MESSAGES, folder, &body);
}

static void open_manifest(struct scale *s, struct bk_manifest_writer **out,
			  const uint8_t set[BK_ID_LEN])
{
	scale_must(bk_manifest_writer_open(out, &s->repo, s->repo.target, set,
					   LEVEL, &s->err),
		   s);
}

static void close_manifest(struct scale *s, struct bk_manifest_writer *manifest,
			   struct bk_file_sum *sum)
{
	struct bk_manifest_end end = {
		.accounts = folders_of(s) / SIM_FOLDERS,
		.folders = folders_of(s),
		.messages = s->messages,
	};

	scale_must(bk_manifest_writer_finish(manifest, &end, sum, &s->err), s);
}

void scale_write_manifest(struct scale *s)
{
	struct bk_manifest_writer *manifest = NULL;
	struct bk_table table = {0};
	struct bk_root root = {0};
	struct bk_file_sum sum;

	open_manifest(s, &manifest, s->full);
	for (uint64_t folder = 0; folder < folders_of(s); folder++) {
		write_folder(s, manifest, folder);
		add_names(s, manifest, folder);
	}
	close_manifest(s, manifest, &sum);
	scale_add_part(&root, BK_PART_INDEX, s->index);
	scale_add_part(&root, BK_PART_MANIFEST, &sum);
	fill_table(&table, s->full, scale_chunks(s) / SIM_PACK_CHUNKS + 1);
	scale_must(bk_table_file_write(&s->repo, s->repo.target, s->full,
				       &table, &sum, &s->err),
		   s);
	scale_add_part(&root, BK_PART_TABLE, &sum);
	bk_table_clear(&table);
	scale_put_root(s, s->full, 0, &root);
}

void scale_open_set(struct scale *s)
{
	struct bk_set *set = NULL;

	scale_must(bk_set_open(&set, &s->repo, s->full, &s->err), s);
	bk_set_close(set);
}

/* What the store lists now: as it was, but for the flags of one message and
 * some new ones. */
static void list_folder(uint64_t folder, struct bk_message_list *now)
{
	uint8_t digest[BK_DIGEST_LEN];
	char name[SIM_NAME];

	for (uint64_t i = 0; i < SIM_MESSAGES; i++) {
		struct bk_message *msg = bk_message_list_add(now);
		sim_message(folder * SIM_MESSAGES + i, name, msg, digest);
		msg->name = bk_arena_strdup(&now->arena, name);
		msg->size = 0;
		msg->flags ^= i == folder % SIM_MESSAGES ? BK_FLAG_FLAGGED : 0;
	}
	for (uint64_t i = 0; i < SIM_MESSAGES / SIM_NEW_EVERY; i++) {
		struct bk_message *msg = bk_message_list_add(now);
		*msg = (struct bk_message){
			.name = bk_arena_strdup(&now->arena,
						i % 2 ? "2.new.mx1" : "3.new"),
			.uid = (uint32_t)(SIM_MESSAGES + 1 + i),
			.date = DATE,
		};
	}
	bk_message_list_sort(now);
}

static void add_step(struct bk_delta_record *delta, const struct bk_step *step,
		     const struct bk_message_list *now,
		     struct bk_recipe *recipe)
{
	static const uint8_t digest[BK_DIGEST_LEN];

	switch (step->kind) {
	case BK_STEP_KEEP:
		bk_delta_record_keep(delta);
		break;
	case BK_STEP_FLAGS:
		bk_delta_record_flags(delta, &now->items[step->now]);
		break;
	case BK_STEP_DROP:
		bk_delta_record_drop(delta);
		break;
	case BK_STEP_CARRY:
	case BK_STEP_ADD:
		sim_recipe(step->now, recipe);
		bk_delta_record_add(delta, &now->items[step->now], digest,
				    recipe);
		break;
	}
}

static void compare_folder(struct scale *s, struct bk_set *base,
			   struct bk_manifest_writer *manifest, uint64_t folder)
{
	struct bk_row_list rows = {0};
	struct bk_message_list now = {0};
	struct bk_delta_record delta = {0};
	struct bk_recipe recipe = {0};
	struct bk_plan plan = {0};
	struct bk_buf body = {0};

	scale_must(
		bk_set_rows(base, (uint32_t)folder + 1, false, &rows, &s->err),
		s);
	list_folder(folder, &now);
	const struct bk_listing was = {&rows.items[0].msg, rows.n,
				       sizeof(rows.items[0])};
	const struct bk_listing is = {now.items, now.n, sizeof(now.items[0])};
	bk_plan_make(&was, &is, true, &plan);
	for (size_t i = 0; i < plan.n; i++)
		add_step(&delta, &plan.steps[i], &now, &recipe);
	bk_delta_record_finish(&delta, (uint32_t)folder + 1, &body);
	put_record(s, manifest, BK_RECORD_CHANGES, folder, &body);
	if (plan.count[BK_STEP_KEEP] != SIM_MESSAGES - 1 ||
	    plan.count[BK_STEP_ADD] != SIM_MESSAGES / SIM_NEW_EVERY)
		(void)fprintf(stderr, "simscale: a plan that is wrong\n");
	bk_recipe_clear(&recipe);
	bk_delta_record_clear(&delta);
	bk_plan_clear(&plan);
	bk_buf_clear(&body);
	bk_message_list_clear(&now);
	bk_row_list_clear(&rows);
}

/* Everything is listed and compared, and what changed is written. */
void scale_compare_all(struct scale *s)
{
	struct bk_manifest_writer *manifest = NULL;
	struct bk_set *base = NULL;
	struct bk_file_sum sum;

	scale_must(bk_set_open(&base, &s->repo, s->full, &s->err), s);
	open_manifest(s, &manifest, s->delta);
	for (uint64_t folder = 0; folder < folders_of(s); folder++)
		compare_folder(s, base, manifest, folder);
	close_manifest(s, manifest, &sum);
	bk_set_close(base);
}
