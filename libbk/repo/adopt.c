/* Complete packs that an interrupted run left behind: see adopt.h. */

#include "repo/adopt.h"

#include <stdio.h>
#include <string.h>

#include "base/bytes.h"
#include "mail/split.h"
#include "repo/container.h"
#include "repo/id.h"
#include "repo/pack_reader.h"

/* What a table would say of the pack: there is none to ask. */
static int describe(const struct bk_repo *repo, const struct bk_blob *blob,
		    const struct bk_name *name, struct bk_table_row *row,
		    struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_PACK, .ordinal = name->ordinal};
	struct bk_file_place place = {.name = blob->name,
				      .file_len = blob->size};
	struct bk_file_reader *file = NULL;

	memcpy(id.set, name->id, sizeof(id.set));
	if (bk_file_reader_open(&file, repo, repo->target, &place, &id, err) <
	    0)
		return -1;
	const struct bk_trailer *trailer = bk_file_reader_trailer(file);
	*row = (struct bk_table_row){
		.flags = BK_TABLE_REUSED,
		.owner_ordinal = name->ordinal,
		.chunks = trailer->n_items,
		.body_len = bk_file_reader_body_len(file),
		.file_len = blob->size,
		.blocks_offset = (uint32_t)trailer->directory_offset,
	};
	memcpy(row->owner, name->id, sizeof(row->owner));
	/* The trailer is the last 156 bytes of the body. */
	row->blocks_len = (uint32_t)(row->body_len - row->blocks_offset -
				     BK_TRAILER_LEN - BK_BLOCK_OVERHEAD);
	bk_file_reader_close(file);
	return bk_target_sum(repo->target, blob->name, 0, row->body_len,
			     row->sha256, err);
}

static int know_chunks(struct bk_packer *packer, struct bk_pack_reader *pack,
		       const struct bk_table_row *row, struct bk_err *err)
{
	for (uint32_t i = 0; i < row->chunks; i++) {
		const uint8_t *chunk = bk_pack_reader_row(pack, i, err);
		if (!chunk)
			return -1;
		if (chunk[22] != BK_CHUNK_TRACE)
			bk_packer_know(packer, chunk,
				       bk_packer_foreign(packer, row, i));
	}
	return 0;
}

static int adopt_pack(struct bk_packer *packer, const struct bk_repo *repo,
		      const struct bk_blob *blob, const struct bk_name *name,
		      const struct bk_condemned *condemned, struct bk_err *err)
{
	struct bk_pack_reader *pack = NULL;
	struct bk_table_row row;

	if (describe(repo, blob, name, &row, err) < 0)
		return -1;
	if (bk_condemned_has_pack(condemned, &row))
		return bk_fail(err, BK_REFUSED, "it is condemned");
	if (bk_pack_reader_open(&pack, repo, &row, err) < 0)
		return -1;
	int rc = bk_pack_reader_prove(pack, err);
	if (rc == 0)
		rc = know_chunks(packer, pack, &row, err);
	bk_pack_reader_close(pack);
	return rc;
}

int bk_adopt(struct bk_packer *packer, const struct bk_repo *repo,
	     const uint8_t left[16], const struct bk_condemned *condemned,
	     struct bk_adopted *out, struct bk_err *err)
{
	struct bk_blob_list files = {0};
	char root[BK_NAME_MAX], folder[BK_NAME_MAX], hex[BK_ID_TEXT];
	struct bk_name name;
	uint64_t size;
	struct bk_err why = {0};

	*out = (struct bk_adopted){0};
	if (bk_target_stat(repo->target, bk_name_root(root, left), &size,
			   &why) == 0)
		return 0;
	(void)snprintf(folder, sizeof(folder), "data/%s", bk_id_hex(hex, left));
	int rc = bk_target_list(repo->target, folder, &files, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		const struct bk_blob *blob = &files.items[i];
		if (bk_name_parse(blob->name, &name) != BK_NAME_PACK ||
		    adopt_pack(packer, repo, blob, &name, condemned, &why) < 0)
			continue; /* what is not whole is no use to us */
		out->packs++;
		out->bytes += blob->size;
	}
	bk_blob_list_clear(&files);
	return rc;
}

int bk_adopt_clear_intents(const struct bk_repo *repo, const uint8_t left[16],
			   struct bk_err *err)
{
	struct bk_blob_list files = {0};
	struct bk_name name;

	int rc = bk_target_list(repo->target, "open", &files, err);
	for (size_t i = 0; rc == 0 && i < files.n; i++) {
		if (bk_name_parse(files.items[i].name, &name) !=
			    BK_NAME_INTENT ||
		    memcmp(name.id, left, sizeof(name.id)) != 0)
			continue;
		struct bk_err why = {0};
		if (bk_target_remove(repo->target, files.items[i].name, &why) <
			    0 &&
		    why.kind != BK_GONE) {
			*err = why;
			rc = -1;
		}
	}
	bk_blob_list_clear(&files);
	return rc;
}
