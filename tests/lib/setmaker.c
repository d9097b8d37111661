/* Sets made by hand: see setmaker.h. */

#include "lib/setmaker.h"

#include <string.h>

#include "lib/test.h"
#include "repo/index.h"
#include "repo/signed_file.h"
#include "repo/table_file.h"

#define FIRST_MS ((int64_t)1700000000000)
#define LEVEL    3

void setmaker_begin(struct setmaker *m, const struct testrepo *t,
		    unsigned number, enum bk_set_kind kind,
		    const struct setmade *base)
{
	const uint8_t random[BK_ID_RANDOM_LEN] = {0};
	int64_t now = FIRST_MS + (int64_t)number * 60000;
	struct bk_err err = {0};

	*m = (struct setmaker){.t = t, .made.kind = kind};
	bk_setid_make(m->made.id, now, random);
	m->root = (struct bk_root){
		.kind = kind,
		.store = "store",
		.store_name = "mail",
		.sequence = number + 1,
		.start_ms = now,
		.end_ms = now + 1000,
		.reader_major = BK_READER_MAJOR,
		.reader_minor = BK_READER_MINOR,
		.tool = "test",
	};
	memcpy(m->root.host, t->repo.host, BK_ID_LEN);
	if (base) {
		memcpy(m->root.base, base->id, BK_ID_LEN);
		memcpy(m->root.base_sha256, base->sha256, BK_SHA256_LEN);
	}
	testrepo_done(bk_manifest_writer_open(&m->manifest, &t->repo,
					      t->repo.target, m->made.id, LEVEL,
					      &err),
		      &err);
}

static void add_part(struct bk_root *root, enum bk_part_type type,
		     const struct bk_file_sum *sum)
{
	struct bk_root_part *part = bk_root_add_part(root);

	part->type = (uint8_t)type;
	part->file_len = sum->file_len;
	memcpy(part->sha256, sum->sha256, sizeof(part->sha256));
}

void setmaker_finish_parts(struct setmaker *m,
			   const struct bk_manifest_end *end)
{
	const struct bk_repo *repo = &m->t->repo;
	struct bk_file_sum sum;
	struct bk_err err = {0};

	testrepo_done(bk_manifest_writer_finish(m->manifest, end, &sum, &err),
		      &err);
	m->manifest = NULL;
	add_part(&m->root, BK_PART_MANIFEST, &sum);
	testrepo_done(bk_index_write(repo, repo->target, m->made.id, m->index,
				     &sum, &err),
		      &err);
	add_part(&m->root, BK_PART_INDEX, &sum);
	testrepo_done(bk_table_file_write(repo, repo->target, m->made.id,
					  &m->table, &sum, &err),
		      &err);
	add_part(&m->root, BK_PART_TABLE, &sum);
	for (size_t i = 0; i < m->root.n_parts; i++)
		m->root.totals.stored += m->root.parts[i].file_len;
	for (size_t i = 0; i < m->table.n; i++)
		if (m->table.rows[i].flags & BK_TABLE_OWN)
			m->root.totals.stored += m->table.rows[i].file_len;
	m->root.totals.messages = end->messages;
	m->root.totals.bytes = end->bytes;
}

void setmaker_put_root(struct setmaker *m)
{
	struct bk_file_id id = {.type = BK_FILE_ROOT};
	struct bk_buf records = {0};
	struct bk_file_sum sum;
	char name[BK_NAME_MAX];
	struct bk_err err = {0};

	memcpy(id.set, m->made.id, sizeof(id.set));
	bk_root_encode(&m->root, &records);
	testrepo_done(bk_signed_file_write(&m->t->repo,
					   bk_name_root(name, m->made.id), &id,
					   &records, &sum, &err),
		      &err);
	memcpy(m->made.sha256, sum.sha256, sizeof(m->made.sha256));
	bk_buf_clear(&records);
	setmaker_clear(m);
}

void setmaker_finish(struct setmaker *m, const struct bk_manifest_end *end)
{
	setmaker_finish_parts(m, end);
	setmaker_put_root(m);
}

void setmaker_clear(struct setmaker *m)
{
	bk_manifest_writer_abort(m->manifest);
	m->manifest = NULL;
	bk_root_clear(&m->root);
	bk_table_clear(&m->table);
}
