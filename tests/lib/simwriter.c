/* A host that writes a set into a simulated target, in the order and by the
 * means of bk-backup: see simworld.h. */

#include <string.h>

#include "lib/simworld.h"
#include "lib/test.h"
#include "repo/bundle.h"
#include "repo/index.h"
#include "repo/manifest_writer.h"
#include "repo/publish.h"
#include "repo/set.h"
#include "repo/table_file.h"

#define PACK_LEN  700
#define MINUTE_MS ((int64_t)60 * 1000)

/* What is being written. */
struct making {
	struct sim_writer *writer;
	struct bk_set_info_list sets;
	struct bk_set *base; /* or NULL */
	struct bk_publish *publish;
	struct bk_bundle *bundle; /* or NULL */
	struct bk_target *target; /* for the set's files */
	struct bk_root root;
	struct bk_table table;
};

void sim_writer_make(struct sim_writer *writer, const struct sim_world *world,
		     unsigned host, int minutes)
{
	uint8_t random[BK_ID_RANDOM_LEN] = {(uint8_t)host, (uint8_t)minutes};

	*writer = (struct sim_writer){.host = host, .kind = BK_SET_FULL};
	bk_setid_make(writer->set, world->now_ms + minutes * MINUTE_MS, random);
	sim_world_view(world, host, &writer->link, &writer->repo);
}

static bool is_own(const struct making *m, const struct bk_set_info *info)
{
	return !info->broken &&
	       memcmp(info->root.host, m->writer->repo.host, BK_ID_LEN) == 0;
}

/* A set that cannot be opened any more is no base; a dead link is the end. */
static int open_base(struct making *m, struct bk_err *err)
{
	const struct bk_set_info *best = NULL;
	struct bk_err why = {0};

	for (size_t i = 0; i < m->sets.n; i++) {
		const struct bk_set_info *info = &m->sets.items[i];
		if (is_own(m, info) && (m->writer->kind == BK_SET_INCREMENTAL ||
					info->root.kind == BK_SET_FULL))
			best = info;
	}
	if (!best || m->writer->kind == BK_SET_FULL)
		return 0;
	if (bk_set_open(&m->base, &m->writer->repo, best->id, &why) == 0 ||
	    why.kind == BK_GONE || why.kind == BK_CORRUPT)
		return 0;
	*err = why;
	return -1;
}

/* The intent is put; a base that was condemned meanwhile is none. */
static int begin_publishing(struct making *m, struct bk_err *err)
{
	struct sim_writer *writer = m->writer;

	if (bk_publish_open(&m->publish, &writer->repo, writer->set,
			    m->base ? m->base->levels[0].id : NULL, err) < 0)
		return -1;
	for (size_t i = 0; m->base && i < m->base->n_levels; i++) {
		if (!bk_condemned_has_set(bk_publish_condemned(m->publish),
					  m->base->levels[i].id))
			continue;
		bk_set_close(m->base);
		m->base = NULL;
		return bk_publish_drop_base(m->publish, err);
	}
	return 0;
}

static struct bk_table_row *add_pack(struct making *m,
				     const uint8_t owner[BK_ID_LEN])
{
	struct bk_table_row *row = bk_table_add(&m->table);

	memcpy(row->owner, owner, BK_ID_LEN);
	row->chunks = 1;
	row->file_len = PACK_LEN;
	row->body_len = 636;
	row->blocks_offset = 300;
	row->blocks_len = 180;
	return row;
}

/* Its own pack, and that of a run which was interrupted. */
static int put_packs(struct making *m, struct bk_err *err)
{
	static const uint8_t bytes[PACK_LEN];
	const uint8_t *set = m->writer->set, *adopted = m->writer->adopts;
	char name[BK_NAME_MAX];

	add_pack(m, set)->flags = BK_TABLE_OWN;
	if (!bk_id_is_zero(adopted)) {
		add_pack(m, adopted)->flags = BK_TABLE_REUSED;
		if (bk_condemned_has_pack(bk_publish_condemned(m->publish),
					  &m->table.rows[1]))
			m->table.n--;
	}
	return bk_target_put(m->target, bk_name_pack(name, set, 0),
			     (struct bk_view){bytes, sizeof(bytes)}, err);
}

static void add_part(struct making *m, enum bk_part_type type, const char *name,
		     const struct bk_file_sum *sum)
{
	struct bk_root_part *part = bk_root_add_part(&m->root);

	part->type = (uint8_t)type;
	part->bundled = m->bundle != NULL;
	part->offset = m->bundle ? bk_bundle_offset(m->bundle, name) : 0;
	part->file_len = sum->file_len;
	memcpy(part->sha256, sum->sha256, sizeof(part->sha256));
}

static void place_in_bundle(struct making *m)
{
	char name[BK_NAME_MAX];

	if (!m->bundle)
		return;
	(void)bk_bundle_settle(m->bundle);
	m->table.rows[0].flags |= BK_TABLE_BUNDLED;
	m->table.rows[0].offset = bk_bundle_offset(
		m->bundle, bk_name_pack(name, m->writer->set, 0));
}

/* Manifest, index and table. */
static int put_parts(struct making *m, struct bk_err *err)
{
	const struct bk_manifest_end end = {0};
	const struct bk_repo *repo = &m->writer->repo;
	const uint8_t *set = m->writer->set;
	struct bk_manifest_writer *writer = NULL;
	struct bk_file_sum manifest, index, table;
	char name[BK_NAME_MAX];

	if (bk_manifest_writer_open(&writer, repo, m->target, set, 0, err) <
		    0 ||
	    bk_manifest_writer_finish(writer, &end, &manifest, err) < 0 ||
	    bk_index_write(repo, m->target, set, (struct bk_view){0}, &index,
			   err) < 0)
		return -1;
	place_in_bundle(m);
	if (bk_table_file_write(repo, m->target, set, &m->table, &table, err) <
	    0)
		return -1;
	add_part(m, BK_PART_MANIFEST, bk_name_manifest(name, set, 0),
		 &manifest);
	add_part(m, BK_PART_INDEX, bk_name_index(name, set, 0), &index);
	add_part(m, BK_PART_TABLE, bk_name_table(name, set, 0), &table);
	return 0;
}

static void describe_history(struct making *m)
{
	struct bk_root *root = &m->root;

	root->sequence = 1;
	for (size_t i = 0; i < m->sets.n; i++) {
		const struct bk_set_info *info = &m->sets.items[i];
		if (info->broken)
			continue;
		if (is_own(m, info)) {
			root->sequence = info->root.sequence + 1;
			memcpy(root->previous, info->id, BK_ID_LEN);
			memcpy(root->previous_sha256, info->root_sha256,
			       BK_SHA256_LEN);
			continue;
		}
		struct bk_root_seen *seen =
			root->n_seen ? root->seen : bk_root_add_seen(root);
		memcpy(seen->host, info->root.host, BK_ID_LEN);
		memcpy(seen->set, info->id, BK_ID_LEN);
		seen->sequence = info->root.sequence;
		memcpy(seen->sha256, info->root_sha256, BK_SHA256_LEN);
	}
}

static void describe_root(struct making *m)
{
	struct bk_root *root = &m->root;
	int64_t ms = bk_setid_ms(m->writer->set);

	root->kind = m->base ? m->writer->kind : BK_SET_FULL;
	memcpy(root->store, m->writer->repo.host, BK_ID_LEN);
	root->store_name = "mail";
	if (m->base) {
		memcpy(root->base, m->base->levels[0].id, BK_ID_LEN);
		memcpy(root->base_sha256, m->base->levels[0].root_sha256,
		       BK_SHA256_LEN);
	}
	memcpy(root->host, m->writer->repo.host, BK_ID_LEN);
	root->start_ms = ms;
	root->end_ms = ms + 1000;
	root->reader_major = BK_READER_MAJOR;
	root->reader_minor = BK_READER_MINOR;
	root->tool = "test";
	describe_history(m);
}

static int put_files(struct making *m, struct bk_err *err)
{
	char name[BK_NAME_MAX];

	m->target = &m->writer->link.target;
	if (m->writer->bundled) {
		m->bundle = bk_bundle_new(m->target);
		m->target = bk_bundle_target(m->bundle);
	}
	if (put_packs(m, err) < 0 || put_parts(m, err) < 0)
		return -1;
	return m->bundle
		       ? bk_bundle_commit(m->bundle,
					  bk_name_bundle(name, m->writer->set),
					  err)
		       : 0;
}

int sim_writer_run(void *arg, struct bk_err *err)
{
	struct making m = {.writer = arg};
	uint8_t sum[BK_SHA256_LEN];

	int rc = bk_sets_list(&m.writer->repo, &m.sets, err);
	if (rc == 0)
		rc = open_base(&m, err);
	if (rc == 0)
		rc = begin_publishing(&m, err);
	if (rc == 0)
		rc = put_files(&m, err);
	if (rc == 0) {
		describe_root(&m);
		rc = bk_publish_commit(m.publish, &m.root, &m.table, m.base,
				       sum, err);
	}
	bk_publish_close(m.publish);
	m.writer->good = rc == 0;
	bk_root_clear(&m.root);
	bk_table_clear(&m.table);
	bk_bundle_free(m.bundle);
	bk_set_close(m.base);
	bk_set_info_list_clear(&m.sets);
	return rc;
}

void sim_writer_alone(struct sim_world *world, struct sim_writer *writer,
		      unsigned dies_at)
{
	sim_begin(&world->sim, 0);
	struct sim_actor *actor =
		sim_add(&world->sim, "writer", sim_writer_run, writer);
	sim_link_open(&writer->link, &world->store, actor);
	actor->dies_at = dies_at;
	sim_run(&world->sim);
	if (!dies_at && actor->rc < 0)
		fail_msg("%s", actor->err.text);
}
