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

/* A message that takes a UID. */
struct taker {
	uint32_t uid;
	uint32_t index; /* of writer.staged */
};

static int by_uid(const void *left, const void *right)
{
	const struct taker *a = left;
	const struct taker *b = right;

	if (a->uid != b->uid)
		return a->uid < b->uid ? -1 : 1;
	/* Of two that claim one UID the first one staged has it. */
	return a->index < b->index ? -1 : a->index > b->index;
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

static void add_rows(struct bk_maildir_writer *w, const struct taker *sorted,
		     size_t n, struct bk_buf *out)
{
	struct bk_view fields = source_fields(w->want);
	uint32_t last = 0;

	for (size_t i = 0; i < n; i++) {
		struct bk_uidlist_row row = {.uid = sorted[i].uid};
		if (row.uid == last) {
			(void)snprintf(w->result.note, sizeof(w->result.note),
				       "UID %u was given twice; one message "
				       "gets a new UID",
				       last);
			continue;
		}
		last = row.uid;
		row.fields = take_fields(&fields, row.uid);
		const char *base = w->staged[sorted[i].index].base;
		row.base.data = (const uint8_t *)base;
		row.base.len = strlen(base);
		bk_uidlist_add_row(out, &row, w->courier);
	}
}

static uint32_t next_uid(const struct bk_maildir_writer *w, uint32_t last)
{
	uint32_t next = w->want->uid_next > last ? w->want->uid_next : last + 1;

	return next > UINT32_MAX - 1 - w->uid_gap ? UINT32_MAX - 1
						  : next + w->uid_gap;
}

int bk_maildir_write_uids(struct bk_maildir_writer *w, struct bk_err *err)
{
	struct taker *sorted = bk_alloc((w->n_staged + 1) * sizeof(*sorted));
	struct bk_uidlist_header header = {.uid_validity =
						   w->want->uid_validity};
	struct bk_buf text = {0};
	size_t n = 0;

	for (size_t i = 0; i < w->n_staged; i++)
		if (w->staged[i].uid)
			sorted[n++] =
				(struct taker){w->staged[i].uid, (uint32_t)i};
	qsort(sorted, n, sizeof(*sorted), by_uid);
	header.uid_next = next_uid(w, n ? sorted[n - 1].uid : 0);
	/* Two folders of one GUID would be one folder to dsync and to Dovecot's
	 * list of folders: who restores a copy beside the original gets a new
	 * one. */
	header.has_guid = w->want->has_guid && !bk_maildir_known_guid_taken(w);
	memcpy(header.guid, w->want->guid, sizeof(header.guid));
	bk_uidlist_add_header(&text, &header, w->courier);
	add_rows(w, sorted, n, &text);
	int rc = bk_file_put_as(
		w->control, w->courier ? BK_UIDLIST_COURIER : BK_UIDLIST_NAME,
		bk_buf_view(&text), &w->file, err);
	bk_fault("store: UIDs written");
	bk_buf_clear(&text);
	free(sorted);
	return rc;
}
