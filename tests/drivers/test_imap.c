/*
 * A session with an IMAP server, for tests:
 *
 *	test_imap URL [SETTING=VALUE...] [: COMMAND [WORD...]]...
 *
 *	user authzid password ca    as imap_login has them
 *	cleartext  yes
 *	timeout    seconds
 *	without    capabilities that are as if they were missing: a number
 *	compress   yes
 *	patience   milliseconds
 *
 * Commands are functions of imap/imap.h.  Each prints what it got, a line each,
 * its words between tabs; if it fails, the kind of the error and its text.  The
 * status is 0, 1 if one failed, 3 if the session was over by that.
 */

#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cancel.h"
#include "base/file.h"
#include "base/path.h"
#include "imap/imap.h"

static struct bk_access access_;
static struct bk_wire_login login;
static struct bk_imap_wish wish;
static struct bk_imap *imap;
static struct bk_err err;
static char **words; /* of the command */
static int n_words;

static const char *const kinds[] = {
	"OK",     "GONE",      "EXISTS",  "REFUSED", "FULL",  "BUSY",
	"LOST",   "DENIED",    "NO_KEY",  "CORRUPT", "NEWER", "MISUSE",
	"UNSAFE", "CANCELLED", "STARVED", "FAILED",
};

/* ---- settings ---- */

static bool set(const char *word)
{
	const struct {
		const char *name;
		const char **to;
	} texts[] = {
		{"user=",     &login.user      },
		{"authzid=",  &login.authzid   },
		{"password=", &access_.password},
		{"ca=",       &access_.ca      },
	};
	const char *value = strchr(word, '=');

	if (!value++)
		return false;
	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		if (strncmp(word, texts[i].name, (size_t)(value - word)) == 0) {
			*texts[i].to = value;
			return true;
		}
	if (strncmp(word, "cleartext=", 10) == 0)
		access_.allow_cleartext = true;
	else if (strncmp(word, "timeout=", 8) == 0)
		access_.timeout_s = (uint32_t)strtoul(value, NULL, 10);
	else if (strncmp(word, "without=", 8) == 0)
		wish.without = (uint32_t)strtoul(value, NULL, 0);
	else if (strncmp(word, "compress=", 9) == 0)
		wish.compress = true;
	else if (strncmp(word, "patience=", 9) == 0)
		wish.patience_ms = strtol(value, NULL, 10);
	else
		return false;
	return true;
}

static void tell_wait(void *arg, const char *why, int64_t ms)
{
	(void)arg;
	(void)printf("waits\t%" PRId64 "\t%s\n", ms, why);
}

/* ---- words ---- */

static const char *word(int i)
{
	return i < n_words ? words[i] : "";
}

static struct bk_view name(int i)
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

static void show(const void *text, size_t len)
{
	const uint8_t *p = text;

	for (size_t i = 0; i < len; i++)
		if (p[i] < 0x20 || p[i] >= 0x7f)
			(void)printf("\\x%02x", p[i]);
		else
			(void)putchar(p[i]);
}

/* ---- mailboxes ---- */

static void show_status(const struct bk_imap_status *s)
{
	if (s->known)
		(void)printf("\t%" PRIu64 "\t%" PRIu32 "\t%" PRIu32 "\t%" PRIu64
			     "\t%s",
			     s->messages, s->uid_validity, s->uid_next,
			     s->highest_modseq,
			     s->mailbox_id ? s->mailbox_id : "-");
	(void)putchar('\n');
}

/* list [status] [others] */
static int do_list(void)
{
	struct bk_imap_mailbox_list list = {0};
	bool with_status = false, others = false;

	for (int i = 0; i < n_words; i++) {
		with_status = with_status || strcmp(words[i], "status") == 0;
		others = others || strcmp(words[i], "others") == 0;
	}
	if (bk_imap_list(imap, with_status, others, &list, &err) < 0)
		return -1;
	for (size_t i = 0; i < list.n; i++) {
		const struct bk_imap_mailbox *m = &list.items[i];

		(void)printf("mailbox\t");
		show(m->name.data, m->name.len);
		(void)printf("\t%c\t%u\t%s", m->delimiter ? m->delimiter : '-',
			     m->is & ~(unsigned)BK_IMAP_HAS_CHILDREN,
			     m->special_use ? m->special_use : "-");
		show_status(&m->status);
	}
	bk_imap_mailbox_list_clear(&list);
	return 0;
}

static int do_status(void)
{
	struct bk_imap_status status;

	if (bk_imap_status(imap, name(0), &status, &err) < 0)
		return -1;
	(void)printf("status");
	show_status(&status);
	return 0;
}

static int do_create(void)
{
	return bk_imap_create(imap, name(0), n_words > 1 ? word(1) : NULL,
			      &err);
}

static int do_delete(void)
{
	return bk_imap_delete(imap, name(0), &err);
}

static int do_rename(void)
{
	return bk_imap_rename(imap, name(0), name(1), &err);
}

static int do_subscribe(void)
{
	return bk_imap_subscribe(imap, name(0), true, &err);
}

static int do_unsubscribe(void)
{
	return bk_imap_subscribe(imap, name(0), false, &err);
}

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

/* ---- messages ---- */

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

/* ---- what hangs on them ---- */

static int do_acl(void)
{
	struct bk_acl_list list = {0};
	struct bk_view mailbox = name(0);
	int told;

	if (bk_imap_get_acl(imap, &mailbox, 1, &list, &told, &err) < 0)
		return -1;
	(void)printf("acl\t%d", told);
	for (size_t i = 0; i < list.n; i++)
		(void)printf("\t%s=%s", list.items[i].who,
			     list.items[i].rights);
	(void)putchar('\n');
	bk_acl_list_clear(&list);
	return 0;
}

static int do_setacl(void)
{
	return bk_imap_set_acl(imap, name(0), word(1), word(2), &err);
}

static int do_metadata(void)
{
	struct bk_metadata_list list = {0};
	struct bk_view mailbox = name(0);
	int told;

	if (bk_imap_get_metadata(imap, &mailbox, 1, &list, &told, &err) < 0)
		return -1;
	(void)printf("metadata\t%d", told);
	for (size_t i = 0; i < list.n; i++) {
		(void)printf("\t%s=", list.items[i].name);
		show(list.items[i].value.data, list.items[i].value.len);
	}
	(void)putchar('\n');
	bk_metadata_list_clear(&list);
	return 0;
}

/* setmetadata MAILBOX ENTRY [VALUE] */
static int do_setmetadata(void)
{
	const struct bk_property entry = {
		.name = word(1),
		.value = n_words > 2 ? name(2) : (struct bk_view){0},
	};

	return bk_imap_set_metadata(imap, name(0), &entry, &err);
}

static int do_quota(void)
{
	struct bk_imap_quota q;

	if (bk_imap_get_quota(imap, &q, &err) < 0)
		return -1;
	(void)printf("quota\t%" PRIu64 "\t%" PRIu64 "\n", q.used, q.limit);
	return 0;
}

static int do_about(void)
{
	(void)printf("about\t%s\t%08x\t%" PRIu64 "\t", bk_imap_server(imap),
		     bk_imap_caps(imap)->has, bk_imap_caps(imap)->append_limit);
	show(bk_imap_prefix(imap).data, bk_imap_prefix(imap).len);
	(void)printf("\t%c\t%s\n",
		     bk_imap_delimiter(imap) ? bk_imap_delimiter(imap) : '-',
		     bk_imap_is_utf8(imap) ? "utf8" : "utf7");
	return 0;
}

static int do_trips(void)
{
	(void)printf("trips\t%" PRIu64 "\n", bk_imap_round_trips(imap));
	return 0;
}

/* ---- carrying out ---- */

static int (*find(const char *verb))(void)
{
	static const struct {
		const char *verb;
		int (*act)(void);
	} verbs[] = {
		{"about",       do_about      },
                {"acl",         do_acl        },
		{"append",      do_append     },
                {"bodies",      do_bodies     },
		{"copy",        do_copy       },
                {"create",      do_create     },
		{"delete",      do_delete     },
                {"examine",     do_examine    },
		{"fetch",       do_fetch      },
                {"list",        do_list       },
		{"metadata",    do_metadata   },
                {"quota",       do_quota      },
		{"remove",      do_remove     },
                {"rename",      do_rename     },
		{"search",      do_search     },
                {"select",      do_select     },
		{"setacl",      do_setacl     },
                {"setmetadata", do_setmetadata},
		{"status",      do_status     },
                {"store",       do_store      },
		{"subscribe",   do_subscribe  },
                {"trips",       do_trips      },
		{"unselect",    do_unselect   },
                {"unsubscribe", do_unsubscribe},
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].verb, verb) == 0)
			return verbs[i].act;
	(void)fprintf(stderr, "what is %s?\n", verb);
	exit(2);
}

static bool is_over(void)
{
	return err.kind == BK_LOST || err.kind == BK_CORRUPT ||
	       err.kind == BK_CANCELLED || err.kind == BK_MISUSE;
}

static int fails(void)
{
	(void)printf("%s\t%s\n", kinds[err.kind], err.text);
	return is_over() ? 3 : 1;
}

/* All from the first ":" on. */
static int carry_out(char **argv, int argc)
{
	int status = 0;

	for (int i = 0; i < argc;) {
		int (*act)(void) = find(argv[i + 1]);

		words = argv + i + 2;
		n_words = 0;
		i += 2;
		while (i < argc && strcmp(argv[i], ":") != 0) {
			n_words++;
			i++;
		}
		err = (struct bk_err){0};
		if (act() < 0)
			status = fails();
		(void)fflush(stdout);
		if (status == 3)
			return 3;
	}
	return status;
}

int main(int argc, char **argv)
{
	struct bk_link *link = NULL;
	struct bk_url url = {0};
	int status, i = 2;

	bk_cancel_catch();
	wish.waits = tell_wait;
	while (i < argc && strcmp(argv[i], ":") != 0)
		if (!set(argv[i++])) {
			(void)fprintf(stderr, "what is %s?\n", argv[i - 1]);
			return 2;
		}
	if (argc < 2 || bk_url_parse(&url, argv[1], &err) < 0 ||
	    bk_link_open(&link, &url, &access_, &err) < 0 ||
	    bk_imap_open(&imap, link, &login, &wish, &err) < 0) {
		(void)fails();
		status = 3;
	} else {
		status = carry_out(argv + i, argc - i);
	}
	bk_imap_close(imap);
	bk_link_close(link);
	bk_url_clear(&url);
	bk_buf_clear(&body);
	return status;
}
