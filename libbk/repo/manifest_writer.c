/* Writes a manifest: see manifest_writer.h. */

#include "repo/manifest_writer.h"

#include <stdlib.h>
#include <string.h>

#include "repo/id.h"
#include "repo/set.h"

#define BLOCK_FULL ((size_t)384 << 10) /* of the 512 KiB that are allowed */

struct bk_manifest_writer {
	struct bk_file_writer *file;
	int level;
	struct bk_buf block;      /* records that wait for their block */
	uint32_t records_waiting; /* of them */
	uint64_t records;
	struct bk_set_entry *entries;
	size_t n_entries, cap_entries;
	size_t first_waiting; /* entries from here on have no offset yet */
	uint32_t last_folder;
	struct bk_buf names; /* framed records */
};

int bk_manifest_writer_open(struct bk_manifest_writer **out,
			    const struct bk_repo *repo,
			    struct bk_target *target, const uint8_t set[16],
			    int level, struct bk_err *err)
{
	struct bk_file_id id = {.type = BK_FILE_MANIFEST};
	struct bk_file_writer *file = NULL;
	char name[BK_NAME_MAX];

	memcpy(id.set, set, sizeof(id.set));
	if (bk_file_writer_open(&file, repo, target,
				bk_name_manifest(name, set, 0), &id, err) < 0)
		return -1;
	struct bk_manifest_writer *writer = bk_alloc(sizeof(*writer));
	writer->file = file;
	writer->level = level;
	*out = writer;
	return 0;
}

static void writer_free(struct bk_manifest_writer *writer)
{
	bk_buf_clear(&writer->block);
	bk_buf_clear(&writer->names);
	free(writer->entries);
	free(writer);
}

void bk_manifest_writer_abort(struct bk_manifest_writer *writer)
{
	if (!writer)
		return;
	bk_file_writer_abort(writer->file);
	writer_free(writer);
}

static int write_block(struct bk_manifest_writer *writer, struct bk_err *err)
{
	struct bk_block_at at;

	if (!writer->block.len)
		return 0;
	if (bk_file_writer_block(writer->file, BK_BLOCK_DATA,
				 bk_buf_view(&writer->block), writer->level,
				 &at, err) < 0)
		return -1;
	for (; writer->first_waiting < writer->n_entries;
	     writer->first_waiting++) {
		struct bk_set_entry *entry =
			&writer->entries[writer->first_waiting];
		entry->offset = at.offset;
		entry->block = at.number;
	}
	writer->block.len = 0;
	writer->records_waiting = 0;
	return 0;
}

int bk_manifest_writer_messages(struct bk_manifest_writer *writer, uint8_t type,
				uint32_t account_id, uint32_t folder_id,
				struct bk_view body, struct bk_err *err)
{
	if (writer->block.len && writer->block.len + body.len > BLOCK_FULL &&
	    write_block(writer, err) < 0)
		return -1;
	if (folder_id != writer->last_folder) {
		writer->entries = bk_array_room(
			writer->entries, writer->n_entries,
			&writer->cap_entries, sizeof(*writer->entries));
		writer->entries[writer->n_entries++] = (struct bk_set_entry){
			.account_id = account_id,
			.folder_id = folder_id,
			.record = writer->records_waiting,
		};
		writer->last_folder = folder_id;
	}
	bk_record_add(&writer->block, type, body);
	writer->records_waiting++;
	writer->records++;
	return 0;
}

void bk_manifest_writer_name(struct bk_manifest_writer *writer, uint8_t type,
			     struct bk_view body)
{
	bk_record_add(&writer->names, type, body);
	writer->records++;
}

/* The names, cut into blocks between records. */
static int write_names(struct bk_manifest_writer *writer,
		       struct bk_trailer *trailer, struct bk_err *err)
{
	struct bk_cursor from =
		bk_cursor_over(writer->names.data, writer->names.len);
	struct bk_view body;
	struct bk_block_at at;
	uint8_t type;

	trailer->rows_offset = 0;
	while (bk_cursor_left(&from)) {
		const uint8_t *start = from.at, *stop = start;
		while (bk_record_next(&from, &type, &body, err) > 0 &&
		       (stop == start ||
			(size_t)(from.at - start) <= BLOCK_FULL))
			stop = from.at;
		from.at = stop;
		if (bk_file_writer_block(
			    writer->file, BK_BLOCK_DATA,
			    (struct bk_view){start, (size_t)(stop - start)},
			    writer->level, &at, err) < 0)
			return -1;
		if (!trailer->rows_offset) {
			trailer->rows_offset = at.offset;
			trailer->rows_extra = at.number;
		}
	}
	return 0;
}

static int by_folder(const void *a, const void *b)
{
	const struct bk_set_entry *x = a, *y = b;

	return x->folder_id < y->folder_id ? -1 : x->folder_id > y->folder_id;
}

static int write_directory(struct bk_manifest_writer *writer,
			   struct bk_err *err)
{
	struct bk_buf contents = {0};

	if (writer->n_entries)
		qsort(writer->entries, writer->n_entries,
		      sizeof(*writer->entries), by_folder);
	for (size_t i = 0; i < writer->n_entries; i++) {
		const struct bk_set_entry *entry = &writer->entries[i];
		bk_buf_add_u32(&contents, entry->account_id);
		bk_buf_add_u32(&contents, entry->folder_id);
		bk_buf_add_u64(&contents, entry->offset);
		bk_buf_add_u32(&contents, entry->block);
		bk_buf_add_u32(&contents, entry->record);
	}
	int rc = contents.len
			 ? bk_file_writer_directory(writer->file,
						    bk_buf_view(&contents), err)
			 : 0;
	bk_buf_clear(&contents);
	return rc;
}

static void add_end(struct bk_manifest_writer *writer,
		    const struct bk_manifest_end *end)
{
	struct bk_buf body = {0};

	bk_buf_add_u64(&body, end->accounts);
	bk_buf_add_u64(&body, end->folders);
	bk_buf_add_u64(&body, end->messages);
	bk_buf_add_u64(&body, end->bytes);
	bk_buf_add(&body, end->state_sha256, sizeof(end->state_sha256));
	bk_manifest_writer_name(writer, BK_RECORD_END, bk_buf_view(&body));
	bk_buf_clear(&body);
}

int bk_manifest_writer_finish(struct bk_manifest_writer *writer,
			      const struct bk_manifest_end *end,
			      struct bk_file_sum *sum, struct bk_err *err)
{
	struct bk_trailer trailer = {0};

	add_end(writer, end);
	if (write_block(writer, err) < 0 ||
	    write_names(writer, &trailer, err) < 0 ||
	    write_directory(writer, err) < 0) {
		bk_manifest_writer_abort(writer);
		return -1;
	}
	trailer.n_items = (uint32_t)writer->records;
	int rc = bk_file_writer_finish(writer->file, &trailer, sum, err);
	writer_free(writer);
	return rc;
}
