/* What a session does with messages: see imap_acts.h. */

#include "lib/imap_acts.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

struct bk_imap *imap;
struct bk_err err;
char **words;
int n_words;

/* ---- words ---- */

const char *word(int i)
{
	return i < n_words ? words[i] : "";
}

struct bk_view name(int i)
{
	return (struct bk_view){(const uint8_t *)word(i), strlen(word(i))};
}

static struct bk_uid_set uids(int i)
{
	struct bk_uid_set set = {0};
	char *end = words[i];

	while (i < n_words && *end) {
		uint32_t first = (uint32_t)strtoul(end, &end, 10), last = first;

		if (*end == ':')
			last = (uint32_t)strtoul(end + 1, &end, 10);
		bk_uid_set_add_range(&set, first, last);
		if (*end == ',')
			end++;
	}
	return set;
}

/* A number, and keywords behind it with blanks between. */
struct flags {
	struct bk_imap_flags flags;
	char *text;
	const char *keywords[64];
};

static void parse_flags(struct flags *f, const char *text)
{
	char *rest, *keyword;

	*f = (struct flags){.text = bk_strdup(text)};
	f->flags.flags = (uint8_t)strtoul(f->text, &rest, 10);
	for (keyword = strtok_r(rest, " ", &rest);
	     keyword && f->flags.n_keywords < 64;
	     keyword = strtok_r(NULL, " ", &rest))
		f->keywords[f->flags.n_keywords++] = keyword;
	f->flags.keywords = f->keywords;
}

void show(const void *text, size_t len)
{
	const uint8_t *p = text;

	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] >= 0x7f)
			(void)printf("\\x%02x", p[i]);
		else
			(void)putchar(p[i]);
}

void show_status(const struct bk_imap_status *s)
{
	if (s->known)
		(void)printf("\t%" PRIu64 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64
			     "\t%s",
			     s->messages, s->uid_validity, s->uid_next,
			     s->highest_modseq,
			     s->mailbox_id ? s->mailbox_id : "-");
	(void)putchar('\n');
}

/* ---- messages ---- */

static int open_mailbox(bool read_only)
{
	const struct bk_imap_selected *s;

	if (bk_imap_select(imap, name(0), read_only, &s, &err) < 0)
		return -1;
	(void)printf("selected\t%s\t%u\t%s", s->read_only ? "ro" : "rw",
		     s->flags, s->any_keyword ? "any" : "fixed");
	show_status(&s->status);
	return 0;
}

static int do_select(void)
{
	return open_mailbox(false);
}

static int do_examine(void)
{
	return open_mailbox(true);
}

static int do_unselect(void)
{
	return bk_imap_unselect(imap, &err);
}

static void show_row(const char *what, const struct bk_imap_row *row)
{
	(void)printf("%s\t%" PRIu32 "\t%u\t", what, row->uid, row->flags);
	for (size_t i = 0; i < row->n_keywords; i++) {
		if (i)
			(void)putchar(' ');
		show(row->keywords[i].data, row->keywords[i].len);
	}
	(void)printf("\t%" PRId64 "\t%d", row->date, row->zone_minutes);
}

static int take_row(void *arg, const struct bk_imap_row *row,
		    struct bk_err *unused)
{
	(void)arg;
	(void)unused;
	show_row("row", row);
	(void)printf("\t%" PRIu64 "\t%" PRIu64 "\t", row->size, row->modseq);
	show(row->email_id.data, row->email_id.len);
	(void)putchar('\t');
	show(row->header.data, row->header.len);
	(void)putchar('\n');
	return 0;
}

static int take_vanished(void *arg, const struct bk_uid_set *set,
			 struct bk_err *unused)
{
	struct bk_buf text = {0};

	(void)arg;
	(void)unused;
	bk_uid_set_format(set, &text);
	(void)printf("vanished\t%s\n", bk_buf_text(&text));
	bk_buf_clear(&text);
	return 0;
}

/* fetch UIDS WANT [CHANGED_SINCE] */
static int do_fetch(void)
{
	const struct bk_imap_rows rows = {take_row, take_vanished, NULL};

	return bk_imap_fetch(imap, word(0), (unsigned)strtoul(word(1), NULL, 0),
			     strtoull(word(2), NULL, 10), &rows, &err);
}

/* look MAILBOX WANT [SINCE] */
static int do_look(void)
{
	const struct bk_imap_rows rows = {take_row, take_vanished, NULL};
	const struct bk_imap_changes changes = {
		.since = strtoull(word(2), NULL, 10),
		.want = (unsigned)strtoul(word(1), NULL, 0),
		.rows = &rows};
	const struct bk_imap_selected *s;
	int rc = bk_imap_select_since(imap, name(0), &changes, &s, &err);

	if (rc >= 0)
		(void)printf("looked\t%s\n", rc ? "told" : "not told");
	return rc < 0 ? -1 : 0;
}

static struct bk_buf body;
static struct bk_buf_sink body_sink;

static int begin_body(void *arg, const struct bk_imap_row *row, uint64_t size,
		      struct bk_sink **to, struct bk_err *unused)
{
	(void)arg;
	(void)unused;
	(void)printf("begin\t%" PRIu32 "\t%" PRIu64 "\n", row->uid, size);
	body.len = 0;
	bk_buf_sink_init(&body_sink, &body, (size_t)64 << 20);
	*to = &body_sink.sink;
	return 0;
}

static int end_body(void *arg, const struct bk_imap_row *row,
		    struct bk_err *wrong)
{
	char *path = bk_asprintf("%s/%" PRIu32, (char *)arg, row->uid);
	FILE *file = *(char *)arg ? fopen(path, "we") : NULL;

	(void)wrong;
	show_row("body", row);
	(void)printf("\t%zu\n", body.len);
	if (file) {
		(void)fwrite(body.data, 1, body.len, file);
		(void)fclose(file);
	}
	free(path);
	return 0;
}

static int no_body(void *arg, const struct bk_imap_row *row,
		   struct bk_err *unused)
{
	(void)arg;
	(void)unused;
	show_row("none", row);
	(void)putchar('\n');
	return 0;
}

/* bodies UIDS [FOLDER] */
static int do_bodies(void)
{
	char none[] = "";
	const struct bk_imap_bodies bodies = {begin_body, end_body, no_body,
					      n_words > 1 ? words[1] : none};
	struct bk_uid_set set = uids(0);
	int rc = bk_imap_fetch_bodies(imap, &set, &bodies, &err);

	bk_uid_set_clear(&set);
	bk_buf_clear(&body);
	return rc;
}

static void show_uids(const char *what, const struct bk_uid_set *set)
{
	struct bk_buf text = {0};

	bk_uid_set_format(set, &text);
	(void)printf("%s\t%s\n", what, bk_buf_text(&text));
	bk_buf_clear(&text);
}

static int do_search(void)
{
	struct bk_uid_set found = {0};
	int rc = bk_imap_search(imap, word(0), &found, &err);

	if (rc == 0)
		show_uids("found", &found);
	bk_uid_set_clear(&found);
	return rc;
}

/* store UIDS =|+|- FLAGS */
static int do_store(void)
{
	struct bk_uid_set set = uids(0);
	enum bk_imap_store how = BK_IMAP_STORE_SET;
	struct flags flags;
	int rc;

	if (*word(1) == '+')
		how = BK_IMAP_STORE_ADD;
	if (*word(1) == '-')
		how = BK_IMAP_STORE_TAKE;
	parse_flags(&flags, word(2));
	rc = bk_imap_store(imap, &set, how, &flags.flags, &err);
	bk_uid_set_clear(&set);
	free(flags.text);
	return rc;
}

static int do_remove(void)
{
	struct bk_uid_set set = uids(0);
	int rc = bk_imap_remove(imap, &set, &err);

	bk_uid_set_clear(&set);
	return rc;
}

static int do_copy(void)
{
	struct bk_uid_set set = uids(0), made = {0};
	int rc = bk_imap_copy(imap, &set, name(1), &made, &err);

	if (rc == 0)
		show_uids("made", &made);
	bk_uid_set_clear(&set);
	bk_uid_set_clear(&made);
	return rc;
}

/* ---- appending ---- */

static int append_one(int i)
{
	struct bk_buf bytes = {0};
	struct flags flags;
	struct bk_imap_message msg;
	int rc;

	parse_flags(&flags, word(i));
	if (bk_file_read(AT_FDCWD, word(i + 3), (size_t)64 << 20, &bytes,
			 &err) < 0)
		abort();
	msg = (struct bk_imap_message){
		.size = bytes.len,
		.flags = flags.flags,
		.date = strtoll(word(i + 1), NULL, 10),
		.zone_minutes = (int16_t)strtol(word(i + 2), NULL, 10),
	};
	rc = bk_imap_append_message(imap, &msg, &err);
	for (size_t at = 0; rc == 0 && at < bytes.len;) {
		size_t n = bytes.len - at < 1000 ? bytes.len - at : 1000;

		rc = bk_imap_append_bytes(imap, bytes.data + at, n, &err);
		at += n;
	}
	bk_buf_clear(&bytes);
	free(flags.text);
	return rc;
}

/* append MAILBOX [FLAGS DATE ZONE FILE]... */
static int do_append(void)
{
	struct bk_imap_appended done = {0};
	size_t n_done = 0;
	int rc;

	rc = bk_imap_append_begin(imap, name(0), &err);
	for (int i = 1; rc == 0 && i + 3 < n_words; i += 4)
		rc = append_one(i);
	if (rc < 0)
		return -1;
	rc = bk_imap_append_end(imap, &done, &n_done, &err);
	(void)printf("appended\t%zu\t", n_done);
	for (size_t i = 0; i < done.n; i++)
		(void)putchar(done.taken[i] ? '1' : '0');
	(void)printf("\t%" PRIu32 "\t", done.uid_validity);
	show_uids("uids", &done.uids);
	bk_imap_appended_clear(&done);
	return rc;
}

/* clang-format off */
const struct imap_act imap_message_acts[] = {
	{"append", do_append},
	{"bodies", do_bodies},
	{"copy", do_copy},
	{"examine", do_examine},
	{"fetch", do_fetch},
	{"look", do_look},
	{"remove", do_remove},
	{"search", do_search},
	{"select", do_select},
	{"store", do_store},
	{"unselect", do_unselect},
	{NULL, NULL},
};
/* clang-format on */
