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

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cancel.h"
#include "lib/imap_acts.h"

static struct bk_access access_;
static struct bk_wire_login login;
static struct bk_imap_wish wish;

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

/* ---- mailboxes ---- */

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

static int do_make(void)
{
	struct bk_imap_made made = {0};
	const struct bk_imap_make make = {name(0), NULL, true};
	int rc = bk_imap_make_selected(imap, &make, &made, &err);

	(void)printf("made\t%d\t%d\t%d\n", made.created, made.subscribed,
		     made.selected ? (int)made.selected->status.messages : -1);
	return rc;
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
	static const struct imap_act verbs[] = {
		{"about",       do_about      },
		{"acl",         do_acl        },
		{"create",      do_create     },
		{"delete",      do_delete     },
		{"list",        do_list       },
		{"make",        do_make       },
		{"metadata",    do_metadata   },
		{"quota",       do_quota      },
		{"rename",      do_rename     },
		{"setacl",      do_setacl     },
		{"setmetadata", do_setmetadata},
		{"status",      do_status     },
		{"subscribe",   do_subscribe  },
		{"trips",       do_trips      },
		{"unsubscribe", do_unsubscribe},
	};

	for (size_t i = 0; i < sizeof(verbs) / sizeof(*verbs); i++)
		if (strcmp(verbs[i].verb, verb) == 0)
			return verbs[i].act;
	for (const struct imap_act *a = imap_message_acts; a->verb; a++)
		if (strcmp(a->verb, verb) == 0)
			return a->act;
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
	return status;
}
