/*
 * Whole messages, streamed.  A body is given to its receiver while it comes, if
 * the server has said by then whose it is; else it waits in a spool for the end
 * of the response.  It counts as come when its response was read to the end.
 */

#include <inttypes.h>

#include "imap/asked.h"
#include "imap/bodyspool.h"
#include "imap/fetchrow.h"
#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/mailboxes.h"
#include "imap/talk.h"

#define ITEMS " (UID FLAGS INTERNALDATE BODY.PEEK[])"
#define KNOWN (BK_IMAP_SAID_UID | BK_IMAP_SAID_FLAGS | BK_IMAP_SAID_DATE)

/* What became of the body of the response that is being read. */
enum body {
	NO_BODY,
	UNWANTED, /* it was dropped */
	PASSED,   /* the receiver did not want it */
	GIVEN,
	SPOOLED,
};

struct bodies {
	struct bk_imap_asked asked;
	const struct bk_imap_bodies *to;
	struct bk_arena arena; /* of one row */
	struct bk_bodyspool spool;
	enum body body;
	uint32_t uid; /* of PASSED and GIVEN */
};

/* ---- while it comes ---- */

static int parse_before(struct bodies *b, struct bk_view before,
			struct bk_imap_row *row, struct bk_err *err)
{
	struct bk_imap_response said;

	if (bk_imap_response_parse(before, &said, err) < 0)
		return -1;
	bk_arena_clear(&b->arena);
	return bk_imap_parse_row(said.number, said.rest, &b->arena, row, err);
}

static int give_now(struct bodies *b, struct bk_imap_reader *reader,
		    const struct bk_imap_row *row, uint64_t size,
		    struct bk_err *err)
{
	struct bk_sink *sink = NULL;

	if (!bk_imap_asked_wants(&b->asked, row->uid)) {
		b->body = UNWANTED;
		return 0;
	}
	if (b->to->begin(b->to->arg, row, size, &sink, err) < 0)
		return -1;
	b->uid = row->uid;
	b->body = sink ? GIVEN : PASSED;
	return sink ? bk_imap_reader_copy(reader, sink, size, err) : 0;
}

static int take_body(void *arg, struct bk_imap_reader *reader,
		     struct bk_view before, uint64_t size, struct bk_err *err)
{
	struct bodies *b = arg;
	struct bk_imap_row row = {0};

	if (parse_before(b, before, &row, err) < 0)
		return -1;
	if ((row.said & KNOWN) == KNOWN)
		return give_now(b, reader, &row, size, err);
	b->body = SPOOLED;
	bk_bodyspool_clear(&b->spool);
	return bk_imap_reader_copy(reader, &b->spool.sink, size, err);
}

/* ---- when all of the response is there ---- */

static int give_spooled(struct bodies *b, const struct bk_imap_row *row,
			struct bk_err *err)
{
	struct bk_sink *sink = NULL;

	if (!(row->said & BK_IMAP_SAID_FLAGS))
		return bk_fail(err, BK_CORRUPT,
			       "UID %" PRIu32
			       ": the server does not say its flags",
			       row->uid);
	if (b->to->begin(b->to->arg, row, b->spool.size, &sink, err) < 0)
		return -1;
	b->uid = row->uid;
	b->body = sink ? GIVEN : PASSED;
	return sink ? bk_bodyspool_copy(&b->spool, sink, err) : 0;
}

static int end_body(struct bodies *b, const struct bk_imap_row *row,
		    struct bk_err *err)
{
	if (b->uid != row->uid)
		return bk_fail(err, BK_CORRUPT,
			       "UID %" PRIu32
			       ": the server says two UIDs of one message",
			       b->uid);
	if (bk_imap_asked_comes(&b->asked, row->uid, err) < 0)
		return -1;
	return b->body == GIVEN ? b->to->end(b->to->arg, row, err) : 0;
}

static int take_none(struct bodies *b, const struct bk_imap_row *row,
		     struct bk_err *err)
{
	if (!(row->said & BK_IMAP_SAID_NIL))
		return 0; /* it changed; its body comes yet */
	if (bk_imap_asked_comes(&b->asked, row->uid, err) < 0)
		return -1;
	return b->to->none(b->to->arg, row, err);
}

static int take_whole(struct bodies *b, const struct bk_imap_row *row,
		      struct bk_err *err)
{
	bool wanted = (row->said & BK_IMAP_SAID_UID) &&
		      bk_imap_asked_wants(&b->asked, row->uid);
	int rc = 0;

	if (b->body == SPOOLED && wanted)
		rc = give_spooled(b, row, err);
	if (rc == 0 && (b->body == GIVEN || b->body == PASSED))
		rc = end_body(b, row, err);
	if (b->body == NO_BODY && wanted)
		rc = take_none(b, row, err);
	bk_bodyspool_clear(&b->spool);
	b->body = NO_BODY;
	return rc;
}

static int take(void *arg, const struct bk_imap_response *said,
		struct bk_err *err)
{
	struct bk_imap_row row = {0};
	struct bodies *b = arg;

	if (!bk_imap_word_is(said->word, "FETCH"))
		return 0;
	bk_arena_clear(&b->arena);
	if (bk_imap_parse_row(said->number, said->rest, &b->arena, &row, err) <
	    0)
		return -1;
	return take_whole(b, &row, err);
}

/* ---- asking ---- */

/* One command after the other: servers mix what two of them bring, and the
 * order of messages matters to who appends them.  1: what is left must be asked
 * for again, since the server was busy. */
static int ask_for_left(struct bk_imap *imap, struct bodies *b,
			const struct bk_imap_hands *hands, struct bk_err *err)
{
	struct bk_uid_set left = {0};
	size_t from = 0;
	int rc = 0;

	bk_imap_asked_left(&b->asked, &left);
	while (rc == 0 && from < left.n) {
		bk_imap_talk_begin(imap);
		(void)bk_imap_command_once(imap, "UID FETCH");
		bk_imap_say_uids(imap, &left, &from);
		bk_imap_say(imap, ITEMS);
		rc = bk_imap_talk(imap, hands, err);
		if (rc == 0 && bk_imap_is_busy(&imap->commands[0]))
			rc = bk_imap_be_patient(imap, &imap->commands[0], err) <
					     0
				     ? -1
				     : 1;
		else if (rc == 0)
			rc = bk_imap_fetch_verdict(imap, err);
	}
	bk_uid_set_clear(&left);
	return rc;
}

/* ---- that were asked for ahead ---- */

/* A server may carry out two FETCHes at a time, and mix what they bring; what
 * selects a mailbox it does after all else. */
void bk_imap_say_all_bodies(struct bk_imap *imap, struct bk_view mailbox)
{
	(void)bk_imap_say_select(imap, mailbox, true);
	(void)bk_imap_command_once(imap, "UID FETCH");
	bk_imap_say(imap, " 1:*" ITEMS);
}

bool bk_imap_bodies_come(const struct bk_imap *imap)
{
	return imap->coming;
}

struct coming {
	struct bk_imap *imap;
	struct bodies *bodies;
	struct bk_imap_selected again; /* as EXAMINE says it */
	struct bk_arena arena;         /* of that */
};

/* Is what comes of the mailbox whose rows were told? */
static bool is_same(const struct coming *c)
{
	const struct bk_imap *imap = c->imap;
	const struct bk_imap_command *examine =
		&imap->commands[imap->n_commands - 2];

	return examine->answered && examine->state == BK_IMAP_OK &&
	       c->again.status.uid_validity ==
		       imap->selected.status.uid_validity;
}

static int take_coming(void *arg, const struct bk_imap_response *said,
		       struct bk_err *err)
{
	struct coming *c = arg;

	if (is_same(c))
		return take(c->bodies, said, err);
	return bk_imap_parse_selected(said, &c->arena, &c->again, err);
}

static int take_coming_body(void *arg, struct bk_imap_reader *reader,
			    struct bk_view before, uint64_t size,
			    struct bk_err *err)
{
	struct coming *c = arg;

	return is_same(c) ? take_body(c->bodies, reader, before, size, err) : 0;
}

/* What does not come is left to be asked for. */
static int hear_coming(struct bk_imap *imap, struct bodies *b,
		       struct bk_err *err)
{
	struct coming c = {.imap = imap, .bodies = b};
	const struct bk_imap_literal literal = {take_coming_body, &c};
	const struct bk_imap_hands hands = {take_coming, &literal, &c};

	imap->coming = false;
	imap->hands = &hands;
	int rc = bk_imap_hear_first(imap, imap->n_commands, err);
	imap->hands = NULL;
	if (rc == 0 && !is_same(&c)) {
		(void)bk_fail(err, BK_LOST,
			      "the mailbox is another one than it was");
		rc = bk_imap_over(imap, err);
	}
	bk_arena_clear(&c.arena);
	return rc;
}

int bk_imap_fetch_bodies(struct bk_imap *imap, const struct bk_uid_set *uids,
			 const struct bk_imap_bodies *bodies,
			 struct bk_err *err)
{
	struct bodies b = {.to = bodies};
	const struct bk_imap_literal literal = {take_body, &b};
	const struct bk_imap_hands hands = {take, &literal, &b};
	int rc = 1;

	bk_bodyspool_init(&b.spool);
	bk_imap_asked_set(&b.asked, uids);
	if (imap->coming && hear_coming(imap, &b, err) < 0)
		rc = -1;
	while (rc > 0)
		rc = ask_for_left(imap, &b, &hands, err);
	imap->busy_since_ms = 0;
	bk_bodyspool_clear(&b.spool);
	bk_imap_asked_clear(&b.asked);
	bk_arena_clear(&b.arena);
	return rc;
}
