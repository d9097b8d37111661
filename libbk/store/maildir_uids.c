/* Giving a restored folder the UIDs that it had: see maildir_writer.h. */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/fault.h"
#include "base/path.h"
#include "store/maildir_known.h"
#include "store/uidlist.h"

/* A message that takes a UID, or has one. */
struct taker {
	uint32_t uid;
	uint32_t rank; /* of two that claim one UID the lower one has
			  it: what was staged, before what was there */
	const char *base;
	struct bk_view fields; /* of what was there */
	bool there;
};

struct takers {
	struct bk_arena arena;
	struct taker *items; /* owned */
	size_t n, cap;
};

static int by_uid(const void *left, const void *right)
{
	const struct taker *a = left;
	const struct taker *b = right;

	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	return a->rank < b->rank ? -1 : a->rank > b->rank;
}

static struct taker *add_taker(struct takers *takers, uint32_t uid,
			       const char *base)
{
	takers->items = bk_array_room(takers->items, takers->n, &takers->cap,
				      sizeof(*takers->items));
	struct taker *taker = &takers->items[takers->n];

	*taker = (struct taker){
		.uid = uid, .rank = (uint32_t)takers->n, .base = base};
	takers->n++;
	return taker;
}

/* "UID FIELDS" lines that the source had, ascending. */
static struct bk_view source_fields(const struct bk_folder *folder)
{
	for (size_t i = 0; i < folder->n_annotations; i++)
		if (strcmp(folder->annotations[i].name, BK_MAILDIR_FIELDS) == 0)
			return folder->annotations[i].value;
	return (struct bk_view){0};
}

/* The fields of `uid`; lines before it are used up. */
static struct bk_view take_fields(struct bk_view *lines, uint32_t uid)
{
	struct bk_view rest = *lines;
	struct bk_view line;

	while (bk_line_next(&rest, &line)) {
		uint64_t number = 0;
		size_t i = 0;
		for (; i < line.len && line.data[i] >= '0' &&
		       line.data[i] <= '9' && number <= UINT32_MAX;
		     i++)
			number = number * 10 + (uint64_t)(line.data[i] - '0');
		if (number > uid)
			break;
		*lines = rest;
		if (number == uid && i + 1 < line.len && line.data[i] == ' ' &&
		    !memchr(line.data, ':', line.len))
			return (struct bk_view){line.data + i + 1,
						line.len - i - 1};
	}
	return (struct bk_view){0};
}

static void add_rows(struct bk_maildir_writer *w, const struct takers *takers,
		     struct bk_buf *out)
{
	struct bk_view fields = source_fields(w->want);
	uint32_t last = 0;

	for (size_t i = 0; i < takers->n; i++) {
		const struct taker *taker = &takers->items[i];
		struct bk_uidlist_row row = {.uid = taker->uid};
		if (row.uid == last) {
			(void)snprintf(w->result.note, sizeof(w->result.note),
				       taker->there
					       ? "UID %u was given out here; "
						 "the message that has it gets "
						 "another one"
					       : "UID %u was given twice; one "
						 "message gets a new UID",
				       last);
			continue;
		}
		last = row.uid;
		row.fields = taker->there ? taker->fields
					  : take_fields(&fields, row.uid);
		row.base.data = (const uint8_t *)taker->base;
		row.base.len = strlen(taker->base);
		bk_uidlist_add_row(out, &row, w->courier);
	}
}

static uint32_t next_uid(const struct bk_maildir_writer *w, uint32_t last)
{
	uint32_t next = w->want->uid_next > last ? w->want->uid_next : last + 1;

	return next > UINT32_MAX - 1 - w->uid_gap ? UINT32_MAX - 1
						  : next + w->uid_gap;
}

static bool has_name(struct bk_name_table *table, struct bk_view name)
{
	size_t at = 0;
	uint32_t value;

	return bk_name_table_next(table,
				  bk_name_table_key(table, name.data, name.len),
				  &at, &value);
}

/* A run that was cut off may have taken the file away; what came since we
 * looked has a UID that was not given out then. */
static bool is_there(struct bk_maildir_writer *w,
		     const struct bk_uidlist_row *row)
{
	return !has_name(&w->gone, row->base) &&
	       (row->uid >= w->uid_next || has_name(&w->taken, row->base));
}

/* What the list says of messages that are there and stay as they are. */
static int add_there(struct bk_maildir_writer *w,
		     struct bk_uidlist_reader *reader, struct takers *takers,
		     struct bk_err *err)
{
	struct bk_name_table staged = {0};
	struct bk_uidlist_row row;
	int rc = 0;

	for (size_t i = 0; i < takers->n; i++)
		bk_name_table_add(
			&staged,
			bk_name_table_key(&staged, takers->items[i].base,
					  strlen(takers->items[i].base)),
			0);
	while ((rc = bk_uidlist_next(reader, &row, err)) > 0) {
		if (has_name(&staged, row.base) || !is_there(w, &row))
			continue;
		struct taker *taker =
			add_taker(takers, row.uid,
				  bk_arena_strndup(&takers->arena,
						   (const char *)row.base.data,
						   row.base.len));
		taker->there = true;
		taker->fields.len = row.fields.len;
		taker->fields.data = (const uint8_t *)bk_arena_strndup(
			&takers->arena, (const char *)row.fields.data,
			row.fields.len);
	}
	bk_name_table_clear(&staged);
	return rc;
}

/* A copy goes on with the list that it has, as long as the UIDVALIDITY is the
 * source's; what somebody gave out here yields to what the source did. */
static int go_on(struct bk_maildir_writer *w, struct takers *takers,
		 struct bk_uidlist_header *header, struct bk_err *err)
{
	struct bk_uidlist_reader reader;
	int rc = bk_uidlist_open(
		&reader, w->control,
		w->courier ? BK_UIDLIST_COURIER : BK_UIDLIST_NAME, err);

	if (rc <= 0)
		return rc;
	if (reader.header.uid_validity == header->uid_validity) {
		rc = add_there(w, &reader, takers, err);
		if (header->uid_next < reader.header.uid_next)
			header->uid_next = reader.header.uid_next;
	}
	header->has_guid = reader.header.has_guid;
	if (header->has_guid)
		memcpy(header->guid, reader.header.guid, sizeof(header->guid));
	bk_uidlist_close(&reader);
	return rc < 0 ? -1 : 0;
}

/* Two folders of one GUID would be one folder to dsync and to Dovecot's list of
 * folders: who restores a copy beside the original gets a new one.  What the
 * folder has already is no other's business. */
static void choose_guid(struct bk_maildir_writer *w,
			struct bk_uidlist_header *header)
{
	const struct bk_folder *want = w->want;

	if (!want->has_guid ||
	    (header->has_guid &&
	     memcmp(header->guid, want->guid, sizeof(header->guid)) == 0) ||
	    bk_maildir_known_guid_taken(w))
		return;
	header->has_guid = true;
	memcpy(header->guid, want->guid, sizeof(header->guid));
}

/* Where flags alone changed the list mostly says it already. */
static bool is_said(struct bk_maildir_writer *w, const char *name,
		    struct bk_view text)
{
	struct bk_buf now = {0};
	struct bk_err ignored = {0};

	if (!w->want->follows || w->added || w->removed)
		return false;
	bool same =
		bk_path_read(w->control, name, text.len, &now, &ignored) == 0 &&
		now.len == text.len &&
		memcmp(now.data, text.data, text.len) == 0;
	bk_buf_clear(&now);
	return same;
}

static int put_list(struct bk_maildir_writer *w, struct bk_view text,
		    struct bk_err *err)
{
	const char *name = w->courier ? BK_UIDLIST_COURIER : BK_UIDLIST_NAME;

	if (is_said(w, name, text))
		return 0;
	return bk_file_put_as(w->control, name, text, &w->file, err);
}

static int write_list(struct bk_maildir_writer *w, struct takers *takers,
		      struct bk_uidlist_header *header, struct bk_err *err)
{
	struct bk_buf text = {0};
	int rc = w->want->follows ? go_on(w, takers, header, err) : 0;

	if (rc == 0) {
		choose_guid(w, header);
		if (takers->n)
			qsort(takers->items, takers->n, sizeof(*takers->items),
			      by_uid);
		uint32_t next = next_uid(
			w, takers->n ? takers->items[takers->n - 1].uid : 0);
		if (header->uid_next < next)
			header->uid_next = next;
		bk_uidlist_add_header(&text, header, w->courier);
		add_rows(w, takers, &text);
		rc = put_list(w, bk_buf_view(&text), err);
	}
	bk_buf_clear(&text);
	return rc;
}

int bk_maildir_write_uids(struct bk_maildir_writer *w, struct bk_err *err)
{
	struct bk_uidlist_header header = {.uid_validity =
						   w->want->uid_validity};
	struct takers takers = {0};

	for (size_t i = 0; i < w->n_staged; i++)
		if (w->staged[i].uid)
			(void)add_taker(&takers, w->staged[i].uid,
					w->staged[i].base);
	int rc = write_list(w, &takers, &header, err);
	bk_fault("store: UIDs written");
	free(takers.items);
	bk_arena_clear(&takers.arena);
	return rc;
}
