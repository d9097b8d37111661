/*
 * Appending messages while their bytes come.  With MULTIAPPEND (RFC 3502) and
 * LITERAL+ (RFC 7888) nothing is waited for until the end of a batch.
 *
 * A server may refuse at any moment.  What was announced is sent all the same,
 * for it stands in the stream as bytes of a message; what was not announced yet
 * is dropped.
 */

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "imap/imap.h"
#include "imap/imapdate.h"
#include "imap/talk.h"
#include "imap/uidsaid.h"

/* Answers that may wait while we write. */
#define UNANSWERED_MAX 512

int bk_imap_append_begin(struct bk_imap *imap, struct bk_view mailbox,
			 struct bk_err *err)
{
	static const struct bk_imap_hands none = {0};
	struct bk_imap_append *a = &imap->append;

	bk_imap_talk_begin(imap);
	if (bk_imap_ready_to_talk(imap, err) < 0)
		return -1;
	a->mailbox.len = 0;
	bk_buf_add(&a->mailbox, mailbox.data, mailbox.len);
	a->open = true;
	a->many = bk_imap_can(imap, BK_IMAP_MULTIAPPEND);
	a->listening = false;
	a->left = 0;
	a->n = a->n_before = 0;
	a->closed = a->makes = false;
	imap->hands = &none;
	return 0;
}

static int misused(struct bk_imap *imap, const char *how, struct bk_err *err)
{
	(void)bk_fail(err, BK_MISUSE, "appending messages: %s", how);
	return bk_imap_over(imap, err);
}

static int end_command(struct bk_imap *imap, struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;

	if (!a->listening)
		return 0;
	a->listening = false;
	if (bk_imap_is_early(imap, imap->n_commands - 1, err) < 0)
		return -1;
	imap->wrote = true;
	if (bk_wire_write(imap->wire, "\r\n", 2, err) < 0)
		return bk_imap_over(imap, err);
	return 0;
}

/* Takes answers in that are there, so that they do not pile up, and so that
 * a refusal in the middle of many is noticed. */
static int look_for_answers(struct bk_imap *imap, struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;

	if (imap->in_flight >= UNANSWERED_MAX &&
	    bk_wire_flush(imap->wire, err) < 0)
		return bk_imap_over(imap, err);
	while (imap->in_flight >= UNANSWERED_MAX || bk_wire_ready(imap->wire))
		if (bk_imap_hear(imap, err) < 0)
			return -1;
	if (a->many && a->n > 0 &&
	    imap->commands[imap->n_commands - 1].answered)
		return end_command(imap, err);
	return 0;
}

static void say_message(struct bk_imap *imap, const struct bk_imap_message *msg)
{
	char date[27];

	bk_imap_format_flags(&imap->out, &msg->flags);
	bk_imap_format_date(date, msg->date, msg->zone_minutes);
	bk_imap_say(imap, " \"%s\"", date);
	bk_imap_announce(imap, " ", msg->size);
}

/* A command of its own, or the first of many; or one more of many. */
static int send_head(struct bk_imap *imap, const struct bk_imap_message *msg,
		     struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;
	bool more = a->many && a->n > 1;
	size_t i = imap->n_commands - 1;

	imap->out.len = 0;
	imap->n_pauses = 0;
	if (!more) {
		i = bk_imap_command_once(imap, "APPEND");
		bk_imap_say_name(imap, bk_buf_view(&a->mailbox));
		if (imap->unsayable)
			return misused(imap, imap->unsayable, err);
	}
	say_message(imap, msg);
	imap->commands[i].from = 0;
	imap->commands[i].to = imap->out.len;
	if (more)
		return bk_imap_send_more(imap, i, err);
	return bk_imap_send_command(imap, i, err);
}

int bk_imap_append_message(struct bk_imap *imap,
			   const struct bk_imap_message *msg,
			   struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;

	if (!a->open || a->left != 0 || a->closed)
		return misused(imap,
			       "a message in the middle of another, or "
			       "behind the end",
			       err);
	if (msg->size == 0)
		return misused(imap, "a message without a byte", err);
	if (imap->over)
		return bk_fail(err, BK_LOST, "the session is over");
	if (look_for_answers(imap, err) < 0)
		return -1;
	a->left = msg->size;
	a->n++;
	if (a->many && a->n > 1 && !a->listening)
		return 0; /* refused already: its bytes are dropped */
	if (send_head(imap, msg, err) < 0)
		return -1;
	a->listening = !imap->commands[imap->n_commands - 1].answered;
	return 0;
}

int bk_imap_append_bytes(struct bk_imap *imap, const void *data, size_t len,
			 struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;

	if (!a->open || len > a->left)
		return misused(imap, "more bytes than were announced", err);
	a->left -= len;
	if (!a->listening)
		return 0;
	if (bk_wire_write(imap->wire, data, len, err) < 0)
		return bk_imap_over(imap, err);
	return a->left == 0 && !a->many ? end_command(imap, err) : 0;
}

/* ---- what became of them ---- */

/* false: this command's UIDs are not known. */
static bool learn_uids(const struct bk_imap_command *c, size_t n,
		       struct bk_imap_appended *out)
{
	struct bk_uid_set uids = {0};
	struct bk_err unheard = {0};
	uint32_t validity = 0;
	bool known;

	known = bk_imap_parse_uidplus(c->told, &validity, NULL, &uids,
				      &unheard) == 0 &&
		validity != 0 && bk_uid_set_count(&uids) == n &&
		(out->uid_validity == 0 || out->uid_validity == validity);
	for (size_t i = 0; known && i < uids.n; i++)
		bk_uid_set_add_range(&out->uids, uids.items[i].first,
				     uids.items[i].last);
	if (known)
		out->uid_validity = validity;
	bk_uid_set_clear(&uids);
	return known;
}

/* Of so many commands, the first ones, and n messages. */
static void learn(const struct bk_imap *imap, size_t commands, size_t n,
		  struct bk_imap_appended *out)
{
	size_t each = imap->append.many ? n : 1;
	bool known = true;

	bk_imap_appended_clear(out);
	out->n = n;
	out->taken = bk_alloc((n ? n : 1) * sizeof(*out->taken));
	for (size_t i = 0; i < commands; i++) {
		const struct bk_imap_command *c = &imap->commands[i];

		if (!c->answered || c->state != BK_IMAP_OK)
			continue;
		for (size_t m = i; m < i + each && m < n; m++)
			out->taken[m] = true;
		known = known && learn_uids(c, each, out);
	}
	if (known)
		return;
	out->uids.n = 0;
	out->uid_validity = 0;
}

static size_t count_done(const struct bk_imap_appended *out)
{
	size_t n = 0;

	while (n < out->n && out->taken[n])
		n++;
	return n;
}

static int end_batch(struct bk_imap *imap, struct bk_err *err)
{
	if (imap->over)
		return bk_fail(err, BK_LOST, "the session is over");
	if (imap->append.left != 0)
		return misused(imap, "fewer bytes than were announced", err);
	if (imap->append.n_before)
		return misused(imap, "the batch before is not asked for", err);
	return end_command(imap, err);
}

/* ---- batches that overlap ---- */

int bk_imap_append_next(struct bk_imap *imap, struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;

	if (!a->open || !a->many || !a->n || a->closed)
		return misused(imap, "no batch that could be ended", err);
	if (end_batch(imap, err) < 0)
		return -1;
	if (bk_wire_flush(imap->wire, err) < 0)
		return bk_imap_over(imap, err);
	a->n_before = a->n;
	a->n = 0;
	return 0;
}

/* The first command is done with. */
static void forget_first(struct bk_imap *imap)
{
	struct bk_imap_making *making = &imap->append.making;

	imap->n_commands--;
	memmove(imap->commands, imap->commands + 1,
		imap->n_commands * sizeof(*imap->commands));
	imap->first_open -= imap->first_open > 0;
	imap->append.n_before = 0;
	making->create--;
	making->subscribe--;
	making->getacl--;
	making->select--;
}

/* A connection that broke while we wrote may have brought the answer. */
static int hear_what_came(struct bk_imap *imap, struct bk_err *err)
{
	if (imap->wire->broken.kind == BK_OK)
		return bk_fail(err, BK_LOST, "the session is over");
	while (!imap->commands[0].answered)
		if (bk_imap_hear(imap, err) < 0)
			return -1;
	return 0;
}

int bk_imap_append_answer(struct bk_imap *imap, bool wait,
			  struct bk_imap_appended *out, size_t *n_done,
			  struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;
	size_t n = a->n_before;

	if (!n || (!wait && !imap->commands[0].answered && !imap->over))
		return 0;
	int rc = imap->over ? hear_what_came(imap, err)
			    : bk_imap_hear_of(imap, 0, false, err);
	learn(imap, 1, n, out);
	*n_done = count_done(out);
	if (rc == 0)
		rc = bk_imap_verdict(imap, 0, err);
	if (rc == 0)
		imap->busy_since_ms = 0;
	forget_first(imap);
	return rc < 0 ? -1 : 1;
}

/* ---- the end ---- */

/* The first refusal's reason, of so many commands. */
static int judge(struct bk_imap *imap, size_t n, struct bk_err *err)
{
	struct bk_view mailbox = bk_buf_view(&imap->append.mailbox);

	for (size_t i = 0; i < n; i++)
		if (bk_imap_verdict(imap, i, err) < 0)
			return bk_imap_look_if_gone(imap, mailbox, err);
	imap->busy_since_ms = 0;
	return 0;
}

/* Behind the commands of the batch; what cannot be said is not. */
static int send_making(struct bk_imap *imap, const struct bk_imap_make *make,
		       struct bk_imap_made *made, struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;
	size_t n = imap->n_commands;

	imap->out.len = 0;
	imap->n_pauses = 0;
	bk_imap_say_making(&a->making, imap, make, made);
	if (imap->unsayable) {
		imap->unsayable = NULL;
		imap->n_commands = n;
		return 0;
	}
	a->makes = true;
	a->hands = (struct bk_imap_hands){.untagged = bk_imap_take_made,
					  .arg = &a->making};
	imap->hands = &a->hands;
	for (; n < imap->n_commands; n++)
		if (bk_imap_send_command(imap, n, err) < 0)
			return -1;
	return 0;
}

/* What came of it.  A session that ends over it is none of the batch's
 * affairs, which was answered: whoever asks for more finds that out. */
static void learn_made(const struct bk_imap_making *making)
{
	struct bk_imap *imap = making->imap;
	struct bk_imap_made *made = making->made;
	struct bk_err unheard = {0};

	int rc = bk_imap_hear_first(imap, imap->n_commands, &unheard);
	bk_imap_end_making(making);
	if (rc < 0 || bk_imap_note_select(imap, making->select, making->mailbox,
					  &made->selected, &unheard) < 0)
		made->selected = NULL;
}

int bk_imap_append_close(struct bk_imap *imap, const struct bk_imap_make *next,
			 struct bk_imap_made *made, struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;

	if (a->closed)
		return 0;
	if (!a->open || a->left != 0)
		return misused(imap, "no batch that could be ended", err);
	if (imap->over)
		return bk_fail(err, BK_LOST, "the session is over");
	if (end_command(imap, err) < 0 ||
	    (next && send_making(imap, next, made, err) < 0))
		return -1;
	a->closed = true;
	if (bk_wire_flush(imap->wire, err) < 0)
		return bk_imap_over(imap, err);
	return 0;
}

int bk_imap_append_end(struct bk_imap *imap, struct bk_imap_appended *out,
		       size_t *n_done, struct bk_err *err)
{
	struct bk_imap_append *a = &imap->append;
	size_t n;

	if (!a->open)
		return bk_fail(err, BK_MISUSE, "no batch was begun");
	int rc = end_batch(imap, err);
	n = a->makes ? a->making.create : imap->n_commands;
	if (rc == 0)
		rc = bk_imap_hear_first(imap, n, err);
	learn(imap, n, a->n, out);
	*n_done = count_done(out);
	if (rc == 0 && a->makes)
		learn_made(&a->making);
	a->open = false;
	imap->hands = NULL;
	return rc < 0 ? -1 : judge(imap, n, err);
}

void bk_imap_appended_clear(struct bk_imap_appended *appended)
{
	bk_uid_set_clear(&appended->uids);
	free(appended->taken);
	*appended = (struct bk_imap_appended){0};
}
