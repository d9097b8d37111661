/* What the selected mailbox has: rows of UIDs, flags, dates and sizes. */

#include <inttypes.h>

#include "imap/asked.h"
#include "imap/fetchrow.h"
#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/talk.h"
#include "imap/uidsaid.h"

/* What a server may say of a message at any time, because it changed, beside
 * what it may leave out. */
#define CHANGES (BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS)
#define UNASKED (CHANGES | BK_IMAP_SAID_MODSEQ | BK_IMAP_SAID_LABELS)
/* What not every message has, or not every mailbox.  (A date that is none is
 * as if it were missing.) */
#define OPTIONAL                                                               \
	(BK_IMAP_SAID_DATE | BK_IMAP_SAID_MODSEQ | BK_IMAP_SAID_EMAIL_ID |     \
	 BK_IMAP_SAID_LABELS)

struct fetching {
	struct bk_imap_asked asked;
	const struct bk_imap_rows *rows;
	unsigned needed;       /* enum bk_imap_said */
	struct bk_arena arena; /* of one row */
};

static const struct {
	unsigned said;
	unsigned cap; /* 0: any server */
	const char *item;
} items[] = {
	{BK_IMAP_SAID_FLAGS,    0,                 "FLAGS"                      },
	{BK_IMAP_SAID_DATE,     0,                 "INTERNALDATE"               },
	{BK_IMAP_SAID_SIZE,     0,                 "RFC822.SIZE"                },
	{BK_IMAP_SAID_MODSEQ,   BK_IMAP_CONDSTORE, "MODSEQ"                     },
	{BK_IMAP_SAID_EMAIL_ID, BK_IMAP_OBJECTID,  "EMAILID"                    },
	{BK_IMAP_SAID_EMAIL_ID, BK_IMAP_GMAIL,     "X-GM-MSGID"                 },
	{BK_IMAP_SAID_LABELS,   BK_IMAP_GMAIL,     "X-GM-LABELS"                },
	{BK_IMAP_SAID_HEADER,   0,                 "BODY.PEEK[HEADER]<0.262144>"},
};

static void say_items(struct bk_imap *imap, unsigned want)
{
	bk_imap_say(imap, " (UID");
	for (size_t i = 0; i < sizeof(items) / sizeof(*items); i++)
		if ((want & items[i].said) &&
		    (!items[i].cap || (imap->caps.has & items[i].cap)))
			bk_imap_say(imap, " %s", items[i].item);
	bk_imap_say(imap, ")");
}

static int take_row(struct fetching *f, const struct bk_imap_row *row,
		    struct bk_err *err)
{
	unsigned missing = f->needed & ~row->said;

	if (!(row->said & BK_IMAP_SAID_UID) ||
	    !bk_imap_asked_wants(&f->asked, row->uid))
		return 0;
	/* It changed, or says what we did not ask for; that comes yet. */
	if (missing && (!(row->said & ~(unsigned)UNASKED) ||
			(row->said & ~(f->needed | CHANGES | OPTIONAL))))
		return 0;
	if (missing & ~(unsigned)BK_IMAP_SAID_HEADER)
		return bk_fail(err, BK_CORRUPT,
			       "UID %" PRIu32
			       ": the server leaves out what was asked for",
			       row->uid);
	if (bk_imap_asked_comes(&f->asked, row->uid, err) < 0)
		return -1;
	return f->rows->row(f->rows->arg, row, err);
}

static int take_vanished(struct fetching *f, struct bk_view rest,
			 struct bk_err *err)
{
	struct bk_uid_set uids = {0};
	bool earlier;

	int rc = bk_imap_parse_vanished(rest, &earlier, &uids, err);
	if (rc == 0 && f->rows->vanished)
		rc = f->rows->vanished(f->rows->arg, &uids, err);
	bk_uid_set_clear(&uids);
	return rc;
}

static int take(void *arg, const struct bk_imap_response *said,
		struct bk_err *err)
{
	struct fetching *f = arg;
	struct bk_imap_row row = {0};

	if (bk_imap_word_is(said->word, "VANISHED"))
		return take_vanished(f, said->rest, err);
	if (!bk_imap_word_is(said->word, "FETCH"))
		return 0;
	bk_arena_clear(&f->arena);
	if (bk_imap_parse_row(said->number, said->rest, &f->arena, &row, err) <
	    0)
		return -1;
	return take_row(f, &row, err);
}

static void say_fetch(struct bk_imap *imap, const struct bk_uid_set *set,
		      size_t *from, unsigned want, uint64_t changed_since)
{
	(void)bk_imap_command(imap, "UID FETCH");
	bk_imap_say_uids(imap, set, from);
	say_items(imap, want);
	if (changed_since == 0 || !bk_imap_can(imap, BK_IMAP_CONDSTORE) ||
	    imap->selected.no_modseq)
		return;
	bk_imap_say(imap, " (CHANGEDSINCE %" PRIu64 "%s)", changed_since,
		    imap->qresync ? " VANISHED" : "");
}

int bk_imap_fetch_verdict(struct bk_imap *imap, struct bk_err *err)
{
	for (size_t i = 0; i < imap->n_commands; i++)
		if (imap->commands[i].code != BK_IMAP_CODE_EXPUNGEISSUED &&
		    bk_imap_verdict(imap, i, err) < 0)
			return -1;
	return 0;
}

/* '*' is the last message that there is; what vanished may have been behind it.
 */
static void exclude_star(struct bk_uid_set *set)
{
	struct bk_uid_range *end = &set->items[set->n - 1];

	if (end->last == UINT32_MAX && end->first < UINT32_MAX)
		end->last--;
}

static int begin(struct fetching *f, const struct bk_imap *imap,
		 const char *uids, uint64_t changed_since, struct bk_err *err)
{
	if (bk_imap_asked_parse(&f->asked, uids, err) < 0)
		return -1;
	if (changed_since && imap->qresync)
		exclude_star(&f->asked.wanted);
	return 0;
}

static void end(struct fetching *f)
{
	bk_imap_asked_clear(&f->asked);
	bk_arena_clear(&f->arena);
}

static unsigned needed_of(unsigned want)
{
	return want & ~(unsigned)(OPTIONAL | BK_IMAP_SAID_UID);
}

int bk_imap_fetch(struct bk_imap *imap, const char *uids, unsigned want,
		  uint64_t changed_since, const struct bk_imap_rows *rows,
		  struct bk_err *err)
{
	struct fetching f = {.rows = rows, .needed = needed_of(want)};
	const struct bk_imap_hands hands = {.untagged = take, .arg = &f};
	size_t from = 0;

	int rc = begin(&f, imap, uids, changed_since, err);
	if (rc < 0)
		goto out;
	bk_imap_talk_begin(imap);
	while (from < f.asked.wanted.n)
		say_fetch(imap, &f.asked.wanted, &from, want, changed_since);
	rc = bk_imap_talk(imap, &hands, err);
	if (rc == 0)
		rc = bk_imap_fetch_verdict(imap, err);
out:
	end(&f);
	return rc;
}

/* ---- of a mailbox that is being selected ---- */

struct selecting {
	struct bk_imap *imap;
	size_t command; /* EXAMINE; rows before it is done are another's */
	struct fetching fetching;
};

static int take_both(void *arg, const struct bk_imap_response *said,
		     struct bk_err *err)
{
	struct selecting *s = arg;

	const struct bk_imap_command *examine = &s->imap->commands[s->command];

	if (bk_imap_take_selected(s->imap, said, err) < 0)
		return -1;
	if (!examine->answered || examine->state != BK_IMAP_OK)
		return 0;
	return take(&s->fetching, said, err);
}

/* Was the FETCH behind it done, and said after what selected the mailbox?  One
 * that was turned down for now is said again, and the server may have kept
 * the mailbox of before meanwhile. */
static bool is_of_this(const struct bk_imap_command *examine)
{
	const struct bk_imap_command *fetch = examine + 1;

	return fetch->state == BK_IMAP_OK && fetch->tag > examine->tag;
}

int bk_imap_select_since(struct bk_imap *imap, struct bk_view mailbox,
			 const struct bk_imap_changes *changes,
			 const struct bk_imap_selected **out,
			 struct bk_err *err)
{
	struct selecting s = {
		.imap = imap,
		.fetching = {.rows = changes->rows,
			     .needed = needed_of(changes->want)},
	};
	const struct bk_imap_hands hands = {.untagged = take_both, .arg = &s};
	size_t from = 0;
	bool told = false;

	int rc = begin(&s.fetching, imap, "1:*", changes->since, err);
	if (rc < 0)
		goto out;
	bk_imap_talk_begin(imap);
	s.command = bk_imap_say_select(imap, mailbox, true);
	say_fetch(imap, &s.fetching.asked.wanted, &from, changes->want,
		  changes->since);
	if (changes->bodies)
		bk_imap_say_all_bodies(imap, mailbox);
	rc = changes->bodies ? bk_imap_talk_ahead(imap, &hands, err)
			     : bk_imap_talk(imap, &hands, err);
	if (rc < 0)
		goto out;
	told = is_of_this(&imap->commands[s.command]);
	rc = bk_imap_end_select(imap, s.command, mailbox, out, err);
	if (rc == 0)
		rc = told;
out:
	end(&s.fetching);
	return rc;
}
