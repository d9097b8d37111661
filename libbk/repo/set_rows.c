/* The messages of a folder, merged over the chain of a set: see set.h. */

#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "crypto/digest.h"
#include "repo/set.h"

#define BLOCK_MOST ((uint64_t)400 << 10) /* as they are written */

static const struct bk_set_entry *seek_entry(const struct bk_set_level *level,
					     uint32_t folder_id)
{
	for (size_t low = 0, high = level->n_entries; low < high;) {
		size_t middle = low + (high - low) / 2;
		const struct bk_set_entry *entry = &level->entries[middle];
		if (entry->folder_id == folder_id)
			return entry;
		if (entry->folder_id < folder_id)
			low = middle + 1;
		else
			high = middle;
	}
	return NULL;
}

/* One folder's records of one level, on the way from base to result. */
struct level_reader {
	struct bk_set_level *level;
	uint32_t folder_id;
	bool bodies;
	bool started, ended; /* its first record was met, the one behind its
				last */
	uint8_t type;        /* of its records: all are alike */
	size_t base_at;      /* base rows consumed */
	struct bk_row_list *base;
	struct bk_row_list *out;
};

/* Is this record the folder's? */
static bool is_mine(const struct level_reader *reader, struct bk_view body,
		    struct bk_cursor *from)
{
	*from = bk_cursor_over(body.data, body.len);
	return bk_cursor_varint(from) == reader->folder_id && !from->bad;
}

static int read_record(struct level_reader *reader, uint8_t type,
		       struct bk_cursor *from, struct bk_err *err)
{
	int rc;

	if (type != BK_RECORD_MESSAGES && type != BK_RECORD_CHANGES)
		return bk_fail(err, BK_CORRUPT,
			       "record of type %u among messages", type);
	if (reader->started && reader->type != type)
		return bk_fail(err, BK_CORRUPT,
			       "messages and changes of one folder");
	reader->type = type;
	reader->started = true;
	if (type == BK_RECORD_MESSAGES)
		rc = bk_rows_decode(from, reader->bodies, reader->out, err);
	else
		rc = bk_delta_decode(from, reader->bodies, reader->base,
				     &reader->base_at, reader->out, err);
	if (rc == 0 && bk_cursor_left(from))
		rc = bk_fail(err, BK_CORRUPT, "bytes left over in a record");
	return rc;
}

static int read_block(struct level_reader *reader, const struct bk_buf *block,
		      uint32_t skip, struct bk_err *err)
{
	struct bk_cursor from = bk_cursor_over(block->data, block->len);
	struct bk_cursor inner;
	struct bk_view body;
	uint8_t type;
	int rc;

	while ((rc = bk_record_next(&from, &type, &body, err)) > 0) {
		if (skip) {
			skip--;
			continue;
		}
		if (!is_mine(reader, body, &inner)) {
			reader->ended = true;
			return 0;
		}
		if (read_record(reader, type, &inner, err) < 0)
			return -1;
	}
	return rc;
}

/* The block at *at into level->block, unless it is there already. */
static int open_block(struct bk_set_level *level, struct bk_block_at *at,
		      struct bk_err *err)
{
	if (level->block_at.offset != at->offset ||
	    level->block_at.number != at->number) {
		struct bk_block_at wanted = *at;
		level->block_at.offset = 0;
		if (bk_file_reader_block(level->manifest, at, BK_BLOCK_DATA,
					 &level->block, err) < 0)
			return -1;
		level->block_at = wanted;
		level->behind_it = *at;
	}
	*at = level->behind_it;
	return 0;
}

/* How many folders begin up to the block at `offset`. */
static size_t begun(const struct bk_set_level *level, uint64_t offset)
{
	size_t low = 0, high = level->n_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (level->places[middle]->offset <= offset)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* Where the blocks end that may have records of the folder: before one that
 * begins with another folder, or behind one in which another one begins. */
static uint64_t end_of_rows(const struct bk_set_level *level,
			    const struct bk_set_entry *entry)
{
	size_t next = begun(level, entry->offset);

	if (next < level->n_entries && level->places[next]->record)
		next = begun(level, level->places[next]->offset);
	return next < level->n_entries
		       ? level->places[next]->offset
		       : bk_file_reader_trailer(level->manifest)->rows_offset;
}

/* Another one begins behind it in the same block. */
static bool ends_in_its_block(const struct bk_set_level *level,
			      const struct bk_set_entry *entry)
{
	return level->places[begun(level, entry->offset) - 1] != entry;
}

static void want_rows(const struct bk_set_level *level,
		      const struct bk_set_entry *entry, uint64_t end)
{
	struct bk_stretch rows = {entry->offset, end - entry->offset};

	if (level->block_at.offset == entry->offset)
		return;
	if (rows.len > BLOCK_MOST && ends_in_its_block(level, entry))
		rows.len = BLOCK_MOST;
	bk_file_reader_want(level->manifest, &rows, 1);
}

static int read_level(struct level_reader *reader,
		      const struct bk_set_entry *entry, struct bk_err *err)
{
	struct bk_file_reader *manifest = reader->level->manifest;
	uint32_t names = bk_file_reader_trailer(manifest)->rows_extra;
	uint64_t end = end_of_rows(reader->level, entry);
	struct bk_block_at at = {entry->offset, entry->block};
	uint32_t skip = entry->record;
	int rc = 0;

	if (end > entry->offset)
		want_rows(reader->level, entry, end);
	while (rc == 0 && !reader->ended && at.number < names &&
	       (at.offset < end || !reader->started)) {
		rc = open_block(reader->level, &at, err);
		if (rc == 0)
			rc = read_block(reader, &reader->level->block, skip,
					err);
		skip = 0;
	}
	if (rc == 0 && !reader->started)
		rc = bk_fail(err, BK_CORRUPT,
			     "the directory names a record that is not there");
	if (rc == 0 && reader->type == BK_RECORD_CHANGES &&
	    reader->base_at != reader->base->n)
		rc = bk_fail(err, BK_CORRUPT, "changes leave %zu base rows out",
			     reader->base->n - reader->base_at);
	return rc;
}

/* What was read so far becomes the base of the level above it. */
static void raise_frames(struct bk_row_list *rows)
{
	for (size_t i = 0; i < rows->n; i++)
		rows->items[i].frame++;
}

static int apply_level(struct bk_set *set, size_t number, uint32_t folder_id,
		       bool bodies, struct bk_row_list *rows,
		       struct bk_err *err)
{
	struct bk_set_level *level = &set->levels[number];
	const struct bk_set_entry *entry = seek_entry(level, folder_id);
	struct bk_row_list next = {0};

	if (!entry)
		return 0;
	struct level_reader reader = {
		.level = level,
		.folder_id = folder_id,
		.bodies = bodies,
		.base = rows,
		.out = &next,
	};
	if (read_level(&reader, entry, err) < 0) {
		bk_row_list_clear(&next);
		return -1;
	}
	/* Kept rows share the strings of the base: its arena goes along. */
	bk_arena_join(&next.arena, &rows->arena);
	bk_row_list_clear(rows);
	*rows = next;
	return 0;
}

static int apply_levels(struct bk_set *set, uint32_t folder_id, bool bodies,
			struct bk_row_list *rows, struct bk_err *err)
{
	for (size_t i = set->n_levels; i-- > 0;) {
		if (apply_level(set, i, folder_id, bodies, rows, err) < 0)
			return -1;
		if (i)
			raise_frames(rows);
	}
	return 0;
}

int bk_set_rows(struct bk_set *set, uint32_t folder_id, bool bodies,
		struct bk_row_list *out, struct bk_err *err)
{
	bk_row_list_clear(out);
	pthread_mutex_lock(&set->lock);
	int rc = apply_levels(set, folder_id, bodies, out, err);
	pthread_mutex_unlock(&set->lock);
	if (rc == 0)
		return 0;
	bk_row_list_clear(out);
	return bk_context(err, "folder %u", folder_id);
}

static int by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static void sum_keywords(struct bk_buf *to, const struct bk_folder *folder,
			 const struct bk_message *msg)
{
	const char *few[16];
	const char **names = msg->n_keywords <= 16
				     ? few
				     : bk_alloc(msg->n_keywords * sizeof(*few));

	for (size_t i = 0; i < msg->n_keywords; i++)
		names[i] = msg->keywords[i] < folder->n_keywords
				   ? folder->keywords[msg->keywords[i]]
				   : "";
	qsort(names, msg->n_keywords, sizeof(*names), by_text);
	bk_buf_add_u32(to, msg->n_keywords);
	for (size_t i = 0; i < msg->n_keywords; i++)
		bk_buf_add_string(to, names[i]);
	if (names != few)
		free(names);
}

void bk_state_row(struct bk_buf *to, const struct bk_folder *folder,
		  const struct bk_message *msg,
		  const uint8_t digest[BK_DIGEST_LEN])
{
	bk_buf_add_u64(to, msg->uid);
	bk_buf_add_string(to, msg->name);
	bk_buf_add_u8(to, msg->flags);
	sum_keywords(to, folder, msg);
	bk_buf_add_u64(to, (uint64_t)msg->date);
	bk_buf_add_u64(to, msg->size);
	bk_buf_add_u64(to, msg->modseq);
	bk_buf_add(to, digest, BK_DIGEST_LEN);
}

void bk_set_folder_sum(const struct bk_set_folder *folder,
		       const struct bk_row_list *rows, uint8_t out[32])
{
	struct bk_sha256 sha;
	struct bk_buf row = {0};

	bk_sha256_init(&sha);
	bk_sha256_update(&sha, folder->body.data, folder->body.len);
	for (size_t i = 0; i < rows->n; i++) {
		row.len = 0;
		bk_state_row(&row, &folder->folder, &rows->items[i].msg,
			     rows->items[i].digest);
		bk_sha256_update(&sha, row.data, row.len);
	}
	bk_sha256_final(&sha, out);
	bk_buf_clear(&row);
}
