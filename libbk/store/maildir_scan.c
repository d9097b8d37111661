/*
 * Listing a folder's messages from names alone.
 *
 * The server goes on working meanwhile.  new is read before cur, since that is
 * the way that mail goes; a folder that changed while it was read is read
 * again, and whatever any reading saw counts: what was expunged in between is
 * found to be gone when it is fetched, what was only renamed is followed.
 *
 * dovecot-uidlist is read after the names.  A message has its UID for good, so
 * a later list can only know more of them; and names that it has and we have
 * not seen are a reason to read the folder again.  A message that has no UID
 * yet is listed with uid 0: left out, it could be lost before the next run;
 * when it is restored the server gives it a UID, as it would have done.
 */

#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "mail/flags.h"
#include "store/courier_files.h"
#include "store/dents.h"
#include "store/maildir.h"
#include "store/sightings.h"
#include "store/uidlist.h"

/* After so many readings of a folder that never rests it is what it is. */
#define READINGS_MAX 6
#define BATCH        64
#define AHEAD        8

/* What the folder was like when the last reading of it began. */
struct beginning {
	int64_t at_ns;
	struct bk_stamp part[2]; /* new, cur */
};

struct scan {
	struct bk_maildir *maildir;
	const struct bk_account *account;
	struct bk_folder *folder;
	struct bk_sightings seen;
	struct beginning begun;
	int part[2]; /* new, cur; -1: not there */
	int dir;
	int control;     /* -1: not there */
	bool dovecot;    /* the list of UIDs is Dovecot's */
	uint32_t *order; /* messages with a UID, ascending */
	size_t n_order, cap_order;
	bool unordered;  /* a name had two UIDs: order cannot be trusted */
	size_t n_unseen; /* names in the list of UIDs that we have not seen */
	struct bk_buf fields;
};

static int read_part(struct scan *scan, int part, char letter,
		     struct bk_err *err)
{
	struct bk_dents dents;
	struct bk_dent entry;
	int rc;

	if (part < 0)
		return 0;
	if (bk_dents_open(&dents, part, err) < 0)
		return -1;
	bk_sightings_expect(&scan->seen, bk_dents_estimate(&dents));
	while ((rc = bk_dents_next(&dents, &entry, err)) > 0)
		if (entry.name[0] != '.' && entry.type != DT_DIR)
			bk_sightings_add(&scan->seen, &entry, letter);
	bk_dents_close(&dents);
	return rc;
}

static int read_stamps(struct scan *scan, struct bk_stamp stamps[2],
		       struct bk_err *err)
{
	for (size_t i = 0; i < 2; i++) {
		stamps[i] = (struct bk_stamp){0};
		if (scan->part[i] >= 0 &&
		    bk_stamp_read(&stamps[i], scan->part[i], err) < 0)
			return -1;
	}
	return 0;
}

static bool is_quiet_since(const struct beginning *begun,
			   const struct bk_stamp now[2])
{
	for (size_t i = 0; i < 2; i++)
		if (!bk_stamp_is_quiet(&begun->part[i], &now[i], begun->at_ns))
			return false;
	return true;
}

/* One reading of new and cur.  1: nothing changed meanwhile, so that it saw
 * everything. */
static int read_names(struct scan *scan, struct bk_err *err)
{
	struct bk_stamp after[2];

	bk_sightings_next(&scan->seen);
	scan->begun.at_ns = bk_stamp_now_ns();
	if (read_stamps(scan, scan->begun.part, err) < 0 ||
	    read_part(scan, scan->part[0], 'n', err) < 0 ||
	    read_part(scan, scan->part[1], 'c', err) < 0 ||
	    read_stamps(scan, after, err) < 0)
		return -1;
	return is_quiet_since(&scan->begun, after);
}

/* ---- UIDs ---- */

/* A row of the list of UIDs, on its way to its message. */
struct pending {
	struct bk_name_key key;
	uint32_t uid;
	size_t message;
};

/* What a UID list says of a message besides its UID and its size is kept with
 * the folder: POP3 UIDLs and GUIDs would be lost otherwise. */
static void keep_fields(struct scan *scan, const struct bk_uidlist_row *row)
{
	if (!bk_uidlist_field(row->fields, 'P').len &&
	    !bk_uidlist_field(row->fields, 'G').len &&
	    !bk_uidlist_field(row->fields, 'O').len)
		return;
	bk_buf_printf(&scan->fields, "%u ", row->uid);
	bk_buf_add(&scan->fields, row->fields.data, row->fields.len);
	bk_buf_add_u8(&scan->fields, '\n');
}

static void take_uid(struct scan *scan, const struct pending *row)
{
	size_t i = row->message;

	if (i == SIZE_MAX) {
		scan->n_unseen++;
		return;
	}
	/* A name with two UIDs: the later one counts, as with Dovecot. */
	if (scan->seen.items[i].uid)
		scan->unordered = true;
	scan->seen.items[i].uid = row->uid;
	scan->order = bk_array_room(scan->order, scan->n_order,
				    &scan->cap_order, sizeof(*scan->order));
	scan->order[scan->n_order++] = (uint32_t)i;
}

/* Every row leads to another corner of memory; asked for together, the corners
 * are fetched together. */
static void take_uids(struct scan *scan, struct pending rows[BATCH], size_t n)
{
	for (size_t k = 0; k < n; k++) {
		rows[k].message =
			bk_sightings_find_key(&scan->seen, rows[k].key);
		if (rows[k].message != SIZE_MAX)
			__builtin_prefetch(&scan->seen.items[rows[k].message],
					   1);
	}
	for (size_t k = 0; k < n; k++)
		take_uid(scan, &rows[k]);
}

static int read_rows(struct scan *scan, struct bk_uidlist_reader *reader,
		     struct bk_err *err)
{
	struct pending rows[BATCH];
	struct bk_uidlist_row row;
	size_t n = 0;
	int rc;

	while ((rc = bk_uidlist_next(reader, &row, err)) > 0) {
		rows[n].uid = row.uid;
		rows[n].key = bk_sightings_key(&scan->seen, row.base.data,
					       row.base.len);
		if (row.fields.len)
			keep_fields(scan, &row);
		if (++n == BATCH) {
			take_uids(scan, rows, n);
			n = 0;
		}
	}
	take_uids(scan, rows, n);
	return rc;
}

static void forget_uids(struct scan *scan)
{
	for (size_t i = 0; i < scan->seen.messages->n; i++)
		scan->seen.items[i].uid = 0;
	scan->n_order = 0;
	scan->n_unseen = 0;
	scan->unordered = false;
	scan->fields.len = 0;
	scan->folder->uid_validity = 0;
	scan->folder->uid_next = 0;
	scan->folder->has_guid = false;
}

static int read_uids(struct scan *scan, struct bk_err *err)
{
	struct bk_uidlist_reader reader;
	struct bk_folder *folder = scan->folder;
	int rc;

	forget_uids(scan);
	if (scan->control < 0)
		return 0;
	rc = bk_uidlist_open(&reader, scan->control, BK_UIDLIST_NAME, err);
	scan->dovecot = rc > 0;
	if (rc == 0)
		rc = bk_uidlist_open(&reader, scan->control, BK_UIDLIST_COURIER,
				     err);
	if (rc <= 0)
		return rc;
	rc = read_rows(scan, &reader, err);
	folder->uid_validity = reader.header.uid_validity;
	folder->uid_next = reader.header.uid_next;
	folder->has_guid = reader.header.has_guid;
	memcpy(folder->guid, reader.header.guid, sizeof(folder->guid));
	bk_uidlist_close(&reader);
	return rc;
}

/* Readings until one was undisturbed, or two that agree with each other and
 * with the list of UIDs. */
static int read_folder(struct scan *scan, struct bk_err *err)
{
	for (int n = 1; n <= READINGS_MAX; n++) {
		int quiet = read_names(scan, err);
		if (quiet < 0)
			return -1;
		if (!quiet && n == 1)
			continue;
		if (read_uids(scan, err) < 0)
			return -1;
		if (quiet || (!scan->seen.n_new && !scan->n_unseen))
			return 0;
	}
	return 0;
}

/* ---- flags and keywords ---- */

/* A letter that dovecot-keywords does not explain is named as Dovecot names
 * it. */
static uint16_t keyword_of(struct scan *scan,
			   const struct bk_keyword_letters *letters, int letter)
{
	char unknown[24] = "unknown-";
	const char *name = letters->name[letter];

	if (!name) {
		size_t at = strlen(unknown);
		if (letter >= 10)
			unknown[at++] = (char)('0' + letter / 10);
		unknown[at] = (char)('0' + letter % 10);
		name = unknown;
	}
	return bk_folder_keyword(scan->folder, name);
}

/* Two letters may have one name: a keyword is kept once.  How many there are
 * now. */
static uint16_t keep_sorted(uint16_t *keywords, uint16_t n, uint16_t keyword)
{
	size_t at = n;

	while (at && keywords[at - 1] > keyword)
		at--;
	if (keyword == BK_KEYWORD_NONE || (at && keywords[at - 1] == keyword))
		return n;
	memmove(&keywords[at + 1], &keywords[at], (n - at) * sizeof(*keywords));
	keywords[at] = keyword;
	return (uint16_t)(n + 1);
}

static void read_info(struct scan *scan,
		      const struct bk_keyword_letters *letters,
		      struct bk_info *info)
{
	bool has[BK_KEYWORD_LETTERS] = {false};
	uint16_t keywords[BK_KEYWORD_LETTERS];

	if (strncmp(info->text + 1, ":2,", 3) != 0)
		return;
	for (const char *p = info->text + 4; *p; p++) {
		if (*p >= 'a' && *p <= 'z')
			has[*p - 'a'] = true;
		else
			info->flags |= bk_flag_of_letter(*p);
	}
	for (int i = 0; i < BK_KEYWORD_LETTERS; i++) {
		if (!has[i])
			continue;
		uint16_t keyword = keyword_of(scan, letters, i);
		info->n_keywords =
			keep_sorted(keywords, info->n_keywords, keyword);
	}
	if (info->n_keywords)
		info->keywords =
			bk_arena_memdup(&scan->seen.messages->arena, keywords,
					info->n_keywords * sizeof(*keywords));
}

/* The letters are read after the names, for a server explains a letter before
 * it uses it. */
static int read_infos(struct scan *scan, struct bk_err *err)
{
	struct bk_keyword_letters letters = {0};
	struct bk_folder *folder = scan->folder;
	struct bk_buf text = {0};
	struct bk_err why = {0};

	folder->n_keywords = 0;
	if (scan->control >= 0 &&
	    bk_path_read(scan->control, "dovecot-keywords",
			 BK_MAILDIR_SMALL_FILE, &text, &why) < 0 &&
	    why.kind != BK_GONE) {
		*err = why;
		return -1;
	}
	bk_keyword_letters_read(&letters, bk_buf_view(&text), &folder->arena);
	for (int i = 0; i < BK_KEYWORD_LETTERS; i++)
		if (letters.name[i])
			(void)bk_folder_keyword(folder, letters.name[i]);
	for (size_t i = 0; i < scan->seen.n_infos; i++)
		read_info(scan, &letters, &scan->seen.infos[i]);
	bk_buf_clear(&text);
	return scan->dovecot ? 0
			     : bk_courier_keywords_read(scan->dir, &scan->seen,
							folder, err);
}

/* ---- the list as it is handed over ---- */

static void finish_message(struct scan *scan, size_t i, struct bk_message *msg)
{
	const struct bk_sighting *seen = &scan->seen.items[i];
	const struct bk_info *info = &scan->seen.infos[seen->info];

	*msg = scan->seen.messages->items[i];
	msg->uid = seen->uid;
	msg->file = info->text;
	msg->flags = info->flags;
	if (info->n_keywords) {
		msg->keywords = info->keywords;
		msg->n_keywords = info->n_keywords;
	}
	if (seen->whole || seen->doubled == scan->seen.reading)
		bk_maildir_name_whole(msg, seen->whole,
				      &scan->seen.messages->arena);
}

/* The list of UIDs gave the order already; sorting 200,000 messages again
 * would cost more than reading them. */
static void finish_list(struct scan *scan)
{
	struct bk_message_list *list = scan->seen.messages;
	struct bk_message_list ordered = {.arena = list->arena};
	struct bk_message *items = bk_alloc(list->n * sizeof(*items));
	size_t n = 0;

	for (size_t i = 0; i < list->n; i++)
		if ((scan->unordered || !scan->seen.items[i].uid) &&
		    bk_sightings_counts(&scan->seen, i))
			finish_message(scan, i, &items[n++]);
	ordered.items = items;
	ordered.n = n;
	bk_message_list_sort(&ordered);
	for (size_t i = 0; i < scan->n_order && !scan->unordered; i++) {
		if (i + AHEAD < scan->n_order) {
			size_t next = scan->order[i + AHEAD];
			__builtin_prefetch(&list->items[next]);
			__builtin_prefetch(&scan->seen.items[next]);
		}
		finish_message(scan, scan->order[i], &items[n++]);
	}
	ordered.arena = list->arena;
	ordered.n = n;
	ordered.cap = list->n;
	free(list->items);
	*list = ordered;
}

static void add_fields(struct scan *scan)
{
	struct bk_folder *folder = scan->folder;
	struct bk_property *all = bk_arena_alloc(
		&folder->arena, (folder->n_annotations + 1) * sizeof(*all));
	size_t n = 0;

	for (size_t i = 0; i < folder->n_annotations; i++)
		if (strcmp(folder->annotations[i].name, BK_MAILDIR_FIELDS) != 0)
			all[n++] = folder->annotations[i];
	if (scan->fields.len) {
		all[n].name = BK_MAILDIR_FIELDS;
		all[n].value.data = bk_arena_memdup(
			&folder->arena, scan->fields.data, scan->fields.len);
		all[n++].value.len = scan->fields.len;
	}
	folder->annotations = all;
	folder->n_annotations = n;
}

/* Mostly the control files lie in the folder itself. */
static int open_control(struct scan *scan, struct bk_err *err)
{
	struct bk_err why = {0};

	if (!scan->maildir->control) {
		scan->control = fcntl(scan->dir, F_DUPFD_CLOEXEC, 0);
		return scan->control < 0 ? bk_fail_errno(err, "dup") : 0;
	}
	scan->control = bk_maildir_control(scan->maildir, scan->account,
					   scan->folder->raw, &why);
	if (scan->control >= 0 || why.kind == BK_GONE)
		return 0;
	*err = why;
	return -1;
}

static int open_folder(struct scan *scan, struct bk_err *err)
{
	int rc = -1;

	scan->dir = bk_maildir_folder(scan->maildir, scan->account,
				      scan->folder->raw, err);
	if (scan->dir < 0)
		return -1;
	if (bk_maildir_open_part(scan->dir, "new", &scan->part[0], err) == 0 &&
	    bk_maildir_open_part(scan->dir, "cur", &scan->part[1], err) == 0)
		rc = 0;
	if (rc == 0)
		rc = open_control(scan, err);
	return rc;
}

int bk_maildir_scan(struct bk_store *store, const struct bk_account *account,
		    struct bk_folder *folder, struct bk_message_list *out,
		    struct bk_err *err)
{
	struct scan scan = {
		.maildir = bk_maildir_of(store),
		.account = account,
		.folder = folder,
		.seen.messages = out,
		.part = {-1, -1},
		.dir = -1,
		.control = -1
        };
	int rc = -1;

	bk_message_list_clear(out);
	bk_maildir_forget(scan.maildir, account, folder->raw);
	if (open_folder(&scan, err) < 0 || read_folder(&scan, err) < 0 ||
	    read_infos(&scan, err) < 0)
		goto out;
	add_fields(&scan);
	finish_list(&scan);
	folder->driver = bk_arena_memdup(&folder->arena, &scan.begun,
					 sizeof(scan.begun));
	rc = 0;
out:
	bk_path_close(&scan.part[0]);
	bk_path_close(&scan.part[1]);
	bk_path_close(&scan.control);
	bk_path_close(&scan.dir);
	bk_sightings_clear(&scan.seen);
	bk_buf_clear(&scan.fields);
	free(scan.order);
	return rc < 0 ? bk_context(err, "folder %s", folder->name) : 0;
}

int bk_maildir_changed(struct bk_store *store, const struct bk_account *account,
		       const struct bk_folder *folder, struct bk_err *err)
{
	struct bk_stamp now[2];
	int dir = bk_maildir_folder(bk_maildir_of(store), account, folder->raw,
				    err);

	if (dir < 0)
		return -1;
	bk_stamp_read_at(&now[0], dir, "new");
	bk_stamp_read_at(&now[1], dir, "cur");
	(void)close(dir);
	return !folder->driver || !is_quiet_since(folder->driver, now);
}
