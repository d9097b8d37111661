/* The last stage of a backup: see backup_commit.h. */

#include "job/backup_commit.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fault.h"
#include "base/version.h"
#include "repo/index.h"
#include "repo/table_file.h"

static int by_folder(const void *a, const void *b)
{
	const struct bk_folder_sum *x = a, *y = b;

	return x->folder_id < y->folder_id ? -1 : x->folder_id > y->folder_id;
}

static void describe_end(struct bk_backup *run, struct bk_manifest_end *end)
{
	struct bk_backup_walk *walk = &run->walk;
	struct bk_sha256 sha;

	if (walk->n_sums)
		qsort(walk->sums, walk->n_sums, sizeof(*walk->sums), by_folder);
	bk_sha256_init(&sha);
	for (size_t i = 0; i < walk->n_sums; i++)
		bk_sha256_update(&sha, walk->sums[i].sha256,
				 sizeof(walk->sums[i].sha256));
	bk_sha256_final(&sha, end->state_sha256);
	end->accounts = walk->n_accounts;
	end->folders = walk->n_folders;
	end->messages = walk->counts.messages;
	end->bytes = walk->counts.bytes;
}

static void add_part(struct bk_backup *run, struct bk_root *root,
		     enum bk_part_type type, const char *name,
		     const struct bk_file_sum *sum, bool bundled)
{
	struct bk_root_part *part = bk_root_add_part(root);

	part->type = (uint8_t)type;
	part->bundled = bundled;
	part->offset = bundled ? bk_bundle_offset(run->bundle, name) : 0;
	part->file_len = sum->file_len;
	memcpy(part->sha256, sum->sha256, sizeof(part->sha256));
	root->totals.stored += sum->file_len;
}

/* Own packs of a bundle say where in it they begin. */
static void place_in_bundle(struct bk_backup *run, struct bk_table *table)
{
	char name[BK_NAME_MAX];

	for (size_t i = 0; i < table->n; i++) {
		struct bk_table_row *row = &table->rows[i];
		if (!(row->flags & BK_TABLE_OWN))
			continue;
		row->flags |= BK_TABLE_BUNDLED;
		row->offset = bk_bundle_offset(
			run->bundle,
			bk_name_pack(name, run->set, row->owner_ordinal));
	}
}

/* Index, manifest and table; the root learns of them. */
static int write_parts(struct bk_backup *run, struct bk_root *root,
		       struct bk_err *err)
{
	const struct bk_repo *repo = run->request->repo;
	struct bk_target *target = bk_bundle_target(run->bundle);
	struct bk_table *table = bk_packer_table(run->packer);
	struct bk_manifest_end end = {0};
	struct bk_file_sum index, manifest, sum;
	struct bk_buf rows = {0};
	char name[BK_NAME_MAX];

	bk_packer_index_rows(run->packer, &rows);
	int rc = bk_index_write(repo, target, run->set, bk_buf_view(&rows),
				&index, err);
	bk_buf_clear(&rows);
	if (rc < 0)
		return -1;
	describe_end(run, &end);
	struct bk_manifest_writer *writer = run->manifest;
	run->manifest = NULL;
	if (bk_manifest_writer_finish(writer, &end, &manifest, err) < 0)
		return -1;
	bool bundled = bk_bundle_settle(run->bundle);
	if (bundled)
		place_in_bundle(run, table);
	if (bk_table_file_write(repo, target, run->set, table, &sum, err) < 0)
		return -1;
	add_part(run, root, BK_PART_INDEX, bk_name_index(name, run->set, 0),
		 &index, bundled);
	add_part(run, root, BK_PART_MANIFEST,
		 bk_name_manifest(name, run->set, 0), &manifest, bundled);
	add_part(run, root, BK_PART_TABLE, bk_name_table(name, run->set, 0),
		 &sum, bundled);
	for (size_t i = 0; i < table->n; i++)
		if (table->rows[i].flags & BK_TABLE_OWN)
			root->totals.stored += table->rows[i].file_len;
	return bk_bundle_commit(run->bundle, bk_name_bundle(name, run->set),
				err);
}

/* The newest set of every other host that is there. */
static void note_seen(struct bk_backup *run, struct bk_root *root)
{
	const struct bk_set_info_list *sets = &run->base.sets;

	for (size_t i = 0; i < sets->n; i++) {
		const struct bk_set_info *info = &sets->items[i];
		if (info->broken ||
		    memcmp(info->root.host, run->request->repo->host,
			   BK_ID_LEN) == 0)
			continue;
		struct bk_root_seen *seen = NULL;
		for (size_t k = 0; k < root->n_seen; k++)
			if (memcmp(root->seen[k].host, info->root.host,
				   BK_ID_LEN) == 0)
				seen = &root->seen[k];
		if (!seen)
			seen = bk_root_add_seen(root);
		else if (seen->sequence > info->root.sequence)
			continue;
		memcpy(seen->host, info->root.host, BK_ID_LEN);
		memcpy(seen->set, info->id, BK_ID_LEN);
		seen->sequence = info->root.sequence;
		memcpy(seen->sha256, info->root_sha256, sizeof(seen->sha256));
	}
}

static void describe_root(struct bk_backup *run, struct bk_root *root,
			  char *host, size_t host_len)
{
	const struct bk_backup_base *base = &run->base;
	const struct bk_backup_counts *counts = &run->walk.counts;

	root->kind = base->kind;
	root->incomplete = run->errors > 0;
	memcpy(root->store, base->store, BK_ID_LEN);
	root->store_name = run->request->job->store.config.name;
	if (base->base) {
		memcpy(root->base, base->base->levels[0].id, BK_ID_LEN);
		memcpy(root->base_sha256, base->base->levels[0].root_sha256,
		       sizeof(root->base_sha256));
	}
	memcpy(root->host, run->request->repo->host, BK_ID_LEN);
	host[0] = 0;
	(void)gethostname(host, host_len - 1);
	root->host_name = host;
	root->sequence = base->sequence;
	memcpy(root->previous, base->last, BK_ID_LEN);
	memcpy(root->previous_sha256, base->last_sha256,
	       sizeof(root->previous_sha256));
	root->start_ms = run->start_ms;
	root->end_ms = bk_clock_now_ms();
	root->reader_major = BK_READER_MAJOR;
	root->reader_minor = BK_READER_MINOR;
	root->tool = "bk " BK_VERSION;
	root->totals.messages = counts->messages;
	root->totals.bytes = counts->bytes;
	root->totals.added = counts->added;
	root->totals.gone = counts->gone;
	root->totals.errors = run->errors;
	root->totals.ms = (uint64_t)(root->end_ms - root->start_ms);
	note_seen(run, root);
}

int bk_backup_commit(struct bk_backup *run, struct bk_root *root,
		     struct bk_err *err)
{
	char host[64];
	uint8_t sum[32];

	if (bk_packer_finish(run->packer, err) < 0 ||
	    write_parts(run, root, err) < 0)
		return -1;
	describe_root(run, root, host, sizeof(host));
	bk_fault("backup: before the set is published");
	return bk_publish_commit(run->publish, root,
				 bk_packer_table(run->packer), run->base.base,
				 sum, err);
}
