/* Whether a manifest's directory leads to its records: see check_run.h. */

#include <string.h>

#include "job/check_run.h"
#include "repo/records.h"

#define BLOCK_MOST ((size_t)512 << 10) /* of several records */

/* A manifest on its way to be proved. */
struct reading {
	struct bk_block_visitor visitor;
	const struct bk_set *set;
	const struct bk_trailer *trailer;
	uint64_t records;
	size_t folders; /* whose records were met */
	uint32_t last;  /* the folder of the record before, 0: none */
};

static const struct bk_set_entry *entry_of(const struct bk_set_level *level,
					   uint32_t folder)
{
	size_t low = 0, high = level->n_entries;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (level->entries[middle].folder_id < folder)
			low = middle + 1;
		else
			high = middle;
	}
	return low < level->n_entries && level->entries[low].folder_id == folder
		       ? &level->entries[low]
		       : NULL;
}

/* The first record of a folder must be where the directory says. */
static int begin_folder(struct reading *reading, uint32_t id,
			const struct bk_block_at *at, uint32_t record,
			struct bk_err *err)
{
	const struct bk_set_entry *entry =
		entry_of(&reading->set->levels[0], id);

	reading->last = id;
	reading->folders++;
	if (entry && entry->offset == at->offset &&
	    entry->block == at->number && entry->record == record)
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "the directory does not lead to the messages of folder "
		       "%u, all in one place",
		       id);
}

static int check_messages(struct reading *reading, uint8_t type,
			  struct bk_view body, const struct bk_block_at *at,
			  uint32_t record, struct bk_err *err)
{
	const struct bk_set_level *level = &reading->set->levels[0];
	struct bk_cursor from = bk_cursor_over(body.data, body.len);
	uint32_t id = (uint32_t)bk_cursor_varint_max(&from, UINT32_MAX);

	if (from.bad || !id)
		return bk_fail(err, BK_CORRUPT, "record of no folder");
	if (type != BK_RECORD_MESSAGES && type != BK_RECORD_CHANGES)
		return bk_fail(err, BK_CORRUPT,
			       "record of type %u among messages", type);
	if (type == BK_RECORD_CHANGES && level->root.kind == BK_SET_FULL)
		return bk_fail(err, BK_CORRUPT,
			       "changes of folder %u in a full set", id);
	if (id == reading->last)
		return 0;
	return begin_folder(reading, id, at, record, err);
}

static int look_at_block(struct bk_block_visitor *visitor,
			 enum bk_block_kind kind, const struct bk_block_at *at,
			 struct bk_view plain, struct bk_err *err)
{
	struct reading *reading = (struct reading *)visitor;
	struct bk_cursor from = bk_cursor_over(plain.data, plain.len);
	bool names = at->number >= reading->trailer->rows_extra;
	struct bk_view body;
	uint32_t n = 0;
	uint8_t type;
	int rc;

	if (kind != BK_BLOCK_DATA)
		return 0;
	while ((rc = bk_record_next(&from, &type, &body, err)) > 0) {
		if (!names &&
		    check_messages(reading, type, body, at, n, err) < 0)
			return -1;
		n++;
	}
	reading->records += n;
	if (rc == 0 && n > 1 && plain.len > BLOCK_MOST)
		return bk_fail(err, BK_CORRUPT, "is longer than 512 KiB");
	return rc;
}

/* That no entry is of a folder that is not there, or of another account. */
static int check_entries(const struct bk_set *set, struct bk_err *err)
{
	const struct bk_set_level *level = &set->levels[0];

	for (size_t i = 0; i < level->n_entries; i++) {
		const struct bk_set_entry *entry = &level->entries[i];
		const struct bk_set_folder *folder =
			bk_set_folder_by_id(set, entry->folder_id);
		if (!folder)
			return bk_fail(err, BK_CORRUPT,
				       "messages of folder %u, which is not "
				       "there",
				       entry->folder_id);
		if (folder->account_id != entry->account_id)
			return bk_fail(err, BK_CORRUPT,
				       "the directory has folder %u under "
				       "account %u, not %u",
				       entry->folder_id, entry->account_id,
				       folder->account_id);
	}
	return 0;
}

static int read_through(struct reading *reading, struct bk_file_reader *file,
			const struct bk_root_part *part, struct bk_err *err)
{
	reading->trailer = bk_file_reader_trailer(file);
	if (bk_file_reader_prove(file, part->sha256, &reading->visitor, err) <
	    0)
		return -1;
	if (reading->records != reading->trailer->n_items)
		return bk_fail(err, BK_CORRUPT, "has %ju records, not %u",
			       (uintmax_t)reading->records,
			       reading->trailer->n_items);
	if (reading->folders != reading->set->levels[0].n_entries)
		return bk_fail(err, BK_CORRUPT,
			       "its directory names folders without messages");
	return check_entries(reading->set, err);
}

int bk_check_manifest(const struct bk_set *set, struct bk_err *err)
{
	const struct bk_set_level *top = &set->levels[0];
	const struct bk_root_part *part =
		bk_root_part(&top->root, BK_PART_MANIFEST);
	struct reading reading = {.visitor.block = look_at_block, .set = set};
	struct bk_file_reader *file = NULL;
	char name[BK_NAME_MAX];

	if (!part)
		return bk_fail(err, BK_CORRUPT, "the root names no manifest");
	if (bk_set_part_open(&file, set->repo, top->id, &top->root,
			     BK_PART_MANIFEST, err) < 0)
		return -1;
	int rc = read_through(&reading, file, part, err);
	bk_file_reader_close(file);
	return rc < 0 ? bk_context(err, "%s",
				   bk_root_part_name(name, part, top->id))
		      : 0;
}
