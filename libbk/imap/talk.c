/* Commands and their answers: see talk.h. */

#include "imap/talk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/escape.h"
#include "imap/capability.h"
#include "imap/lexer.h"
#include "imap/respcode.h"

int bk_imap_over(struct bk_imap *imap, struct bk_err *err)
{
	bool first = !imap->over;

	imap->over = true;
	if (first && err->kind == BK_CORRUPT) {
		struct bk_err why = *err;
		(void)bk_fail(err, BK_CORRUPT,
			      "%s; is the server in order, and does it speak "
			      "IMAP?",
			      why.text);
	}
	return bk_context(err, "%s", imap->where);
}

static bool begins_with(struct bk_view text, const char *word)
{
	size_t n = strlen(word);

	return text.len > n && text.data[n] == ' ' &&
	       strncasecmp((const char *)text.data, word, n) == 0;
}

/* What the server told people, fit for a terminal, in at most 300 bytes; the
 * caller frees it. */
static char *readable(struct bk_view text)
{
	struct bk_buf out = {0};

	bk_escape(&out, text.data, text.len < 300 ? text.len : 300);
	(void)bk_buf_text(&out);
	return (char *)out.data;
}

/* ---- what comes ---- */

static void learn_caps(struct bk_imap *imap, struct bk_view words)
{
	imap->caps = (struct bk_imap_caps){0};
	bk_imap_parse_caps(words, &imap->caps);
	imap->caps.has &= ~imap->wish.without;
}

static struct bk_view behind_word(struct bk_view text, const char *word)
{
	size_t n = strlen(word) + 1;

	return (struct bk_view){text.data + n, text.len - n};
}

static void learn_enabled(struct bk_imap *imap, struct bk_view words)
{
	struct bk_imap_caps enabled = {0};

	bk_imap_parse_caps(words, &enabled);
	enabled.has &= ~imap->wish.without;
	if (enabled.has & BK_IMAP_QRESYNC)
		imap->qresync = true;
	if (enabled.has & BK_IMAP_UTF8)
		imap->utf8 = true;
}

static int say_goodbye(struct bk_imap *imap,
		       const struct bk_imap_response *said, struct bk_err *err)
{
	char *text = readable(said->text);
	enum bk_imap_code code = bk_imap_parse_code(said->code, said->text);

	(void)bk_fail(err, BK_LOST, "the server ended the session: %s",
		      *text ? text : "without a reason");
	imap->dismissed = true;
	if (code != BK_IMAP_CODE_NONE)
		imap->code = code;
	err->retry_after_s =
		(uint32_t)((bk_imap_parse_wait(said->text) + 999) / 1000);
	free(text);
	return -1;
}

static int take_untagged(struct bk_imap *imap,
			 const struct bk_imap_response *said,
			 struct bk_err *err)
{
	if (said->state == BK_IMAP_BYE)
		return say_goodbye(imap, said, err);
	if (begins_with(said->code, "CAPABILITY"))
		learn_caps(imap, behind_word(said->code, "CAPABILITY"));
	if (bk_imap_word_is(said->word, "CAPABILITY"))
		learn_caps(imap, said->rest);
	if (bk_imap_word_is(said->word, "ENABLED"))
		learn_enabled(imap, said->rest);
	if (!imap->hands || !imap->hands->untagged)
		return 0;
	return imap->hands->untagged(imap->hands->arg, said, err);
}

static bool parse_tag(struct bk_view text, uint32_t *out)
{
	uint64_t tag = 0;

	if (text.len < 2 || text.len > 11 || text.data[0] != 'b')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		tag = tag * 10 + (uint64_t)(text.data[i] - '0');
	}
	*out = (uint32_t)tag;
	return tag > 0 && tag <= UINT32_MAX;
}

static struct bk_imap_command *find_command(struct bk_imap *imap, uint32_t tag)
{
	for (size_t i = imap->first_open; i < imap->n_commands; i++) {
		struct bk_imap_command *c = &imap->commands[i];

		if (c->tag == tag && !c->answered)
			return c;
	}
	return NULL;
}

static struct bk_view keep(struct bk_imap *imap, struct bk_view text)
{
	if (text.len == 0)
		return (struct bk_view){0};
	return (struct bk_view){
		bk_arena_memdup(&imap->said, text.data, text.len), text.len};
}

static int take_tagged(struct bk_imap *imap,
		       const struct bk_imap_response *said)
{
	struct bk_imap_command *c = NULL;
	uint32_t tag;

	if (parse_tag(said->tag, &tag))
		c = find_command(imap, tag);
	if (!c)
		return 0; /* of nothing that we asked; what we asked is open */
	if (begins_with(said->code, "CAPABILITY"))
		learn_caps(imap, behind_word(said->code, "CAPABILITY"));
	c->answered = true;
	c->state = said->state;
	c->code = bk_imap_parse_code(said->code, said->text);
	c->told = keep(imap, said->code);
	if (said->state != BK_IMAP_OK)
		c->text = keep(imap, said->text);
	imap->in_flight--;
	while (imap->first_open < imap->n_commands &&
	       imap->commands[imap->first_open].answered)
		imap->first_open++;
	return 0;
}

static int take(struct bk_imap *imap, const struct bk_imap_response *said,
		struct bk_err *err)
{
	switch (said->kind) {
	case BK_IMAP_CONTINUE:
		imap->told_to_go_on = true;
		return 0;
	case BK_IMAP_TAGGED:
		return take_tagged(imap, said);
	case BK_IMAP_UNTAGGED:
		return take_untagged(imap, said, err);
	}
	return 0;
}

int bk_imap_hear(struct bk_imap *imap, struct bk_err *err)
{
	const struct bk_imap_literal *literal =
		imap->hands ? imap->hands->literal : NULL;
	struct bk_imap_response said;

	if (bk_imap_reader_next(imap->reader, literal, &said, err) < 0 ||
	    take(imap, &said, err) < 0)
		return bk_imap_over(imap, err);
	return 0;
}

int bk_imap_hear_of(struct bk_imap *imap, size_t i, bool or_go_on,
		    struct bk_err *err)
{
	if (bk_wire_flush(imap->wire, err) < 0)
		return bk_imap_over(imap, err);
	if (imap->wrote)
		imap->trips++;
	imap->wrote = false;
	while (!imap->commands[i].answered &&
	       !(or_go_on && imap->told_to_go_on))
		if (bk_imap_hear(imap, err) < 0)
			return -1;
	return 0;
}

/* ---- what is sent ---- */

int bk_imap_is_early(struct bk_imap *imap, size_t i, struct bk_err *err)
{
	if (!imap->commands[i].answered ||
	    imap->commands[i].state != BK_IMAP_OK)
		return 0;
	(void)bk_fail(err, BK_CORRUPT,
		      "the server says OK to %s before it has all of it",
		      imap->commands[i].verb);
	return bk_imap_over(imap, err);
}

static int write_out(struct bk_imap *imap, size_t from, size_t to,
		     struct bk_err *err)
{
	if (to > from && bk_wire_write(imap->wire, imap->out.data + from,
				       to - from, err) < 0)
		return bk_imap_over(imap, err);
	return 0;
}

/* What is written up to a pause is answered by "+", or ends the command. */
static int write_with_pauses(struct bk_imap *imap, size_t i, struct bk_err *err)
{
	size_t at = imap->commands[i].from;
	size_t to = imap->commands[i].to;

	for (size_t p = 0; p < imap->n_pauses; p++) {
		size_t pause = imap->pauses[p];

		if (pause <= at || pause > to)
			continue;
		imap->told_to_go_on = false;
		if (write_out(imap, at, pause, err) < 0 ||
		    bk_imap_hear_of(imap, i, true, err) < 0)
			return -1;
		if (imap->commands[i].answered)
			return bk_imap_is_early(imap, i, err);
		at = pause;
		imap->wrote = true;
	}
	return write_out(imap, at, to, err);
}

int bk_imap_send_command(struct bk_imap *imap, size_t i, struct bk_err *err)
{
	struct bk_imap_command *c = &imap->commands[i];
	char tag[16];
	int n;

	bk_imap_end_line(imap);
	c->tag = ++imap->tags;
	c->answered = false;
	imap->in_flight++;
	imap->wrote = true;
	n = snprintf(tag, sizeof(tag), "b%" PRIu32 " ", c->tag);
	if (bk_wire_write(imap->wire, tag, (size_t)n, err) < 0)
		return bk_imap_over(imap, err);
	return write_with_pauses(imap, i, err);
}

int bk_imap_send_more(struct bk_imap *imap, size_t i, struct bk_err *err)
{
	imap->wrote = true;
	return write_with_pauses(imap, i, err);
}

int bk_imap_ready_to_talk(struct bk_imap *imap, struct bk_err *err)
{
	if (imap->over)
		return bk_fail(err, BK_LOST, "the session is over");
	if (imap->append.open)
		return bk_fail(err, BK_MISUSE, "messages are being appended");
	if (imap->coming) {
		(void)bk_fail(err, BK_LOST,
			      "bodies come that nobody asks for any more");
		return bk_imap_over(imap, err);
	}
	if (imap->unsayable)
		return bk_fail(err, BK_MISUSE, "%s", imap->unsayable);
	return 0;
}

static int make_room(struct bk_imap *imap, struct bk_err *err)
{
	if (imap->in_flight < BK_IMAP_IN_FLIGHT)
		return 0;
	if (bk_wire_flush(imap->wire, err) < 0)
		return bk_imap_over(imap, err);
	while (imap->in_flight > BK_IMAP_IN_FLIGHT / 2)
		if (bk_imap_hear(imap, err) < 0)
			return -1;
	return 0;
}

int bk_imap_hear_first(struct bk_imap *imap, size_t n, struct bk_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!imap->commands[i].answered &&
		    bk_imap_hear_of(imap, i, false, err) < 0)
			return -1;
	return 0;
}

static int say_all(struct bk_imap *imap, struct bk_err *err)
{
	imap->first_open = 0;
	for (size_t i = 0; i < imap->n_commands; i++) {
		if (imap->commands[i].tag != 0)
			continue;
		if (make_room(imap, err) < 0 ||
		    bk_imap_send_command(imap, i, err) < 0)
			return -1;
	}
	return bk_imap_hear_first(imap, imap->n_commands, err);
}

/* Those that were turned down for now are as if they had not been said.
 * 1: there are some, -1: patience has ended for one of them. */
static int let_say_again(struct bk_imap *imap, struct bk_err *err)
{
	const struct bk_imap_command *busy = NULL;
	bool any = false;

	for (size_t i = 0; i < imap->n_commands; i++) {
		struct bk_imap_command *c = &imap->commands[i];

		if (!bk_imap_is_busy(c))
			continue;
		any = true;
		if (c->once)
			continue;
		busy = c;
		c->tag = 0;
	}
	if (!any)
		imap->busy_since_ms = 0;
	if (!busy)
		return 0;
	return bk_imap_be_patient(imap, busy, err) < 0 ? -1 : 1;
}

int bk_imap_talk(struct bk_imap *imap, const struct bk_imap_hands *hands,
		 struct bk_err *err)
{
	int again = 1;

	if (bk_imap_ready_to_talk(imap, err) < 0)
		return -1;
	imap->hands = hands;
	while (again > 0)
		again = say_all(imap, err) < 0 ? -1 : let_say_again(imap, err);
	imap->hands = NULL;
	return again;
}

static bool were_done(const struct bk_imap *imap, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (imap->commands[i].state != BK_IMAP_OK)
			return false;
	return true;
}

int bk_imap_talk_ahead(struct bk_imap *imap, const struct bk_imap_hands *hands,
		       struct bk_err *err)
{
	size_t n = imap->n_commands;
	int rc = 0;

	if (bk_imap_ready_to_talk(imap, err) < 0)
		return -1;
	imap->hands = hands;
	for (size_t i = 0; i < n && rc == 0; i++)
		rc = bk_imap_send_command(imap, i, err);
	if (rc == 0)
		rc = bk_imap_hear_first(imap, n - 2, err);
	imap->coming = rc == 0 && were_done(imap, n - 2);
	if (rc == 0 && !imap->coming)
		rc = bk_imap_hear_first(imap, n, err);
	imap->hands = NULL;
	return rc;
}

int bk_imap_talk_plainly(struct bk_imap *imap, size_t command,
			 struct bk_err *err)
{
	static const struct bk_imap_hands none = {0};

	if (bk_imap_talk(imap, &none, err) < 0)
		return -1;
	return bk_imap_verdict(imap, command, err);
}

/* ---- what came of it ---- */

static enum bk_kind kind_of(const struct bk_imap_command *c)
{
	if (bk_imap_is_busy(c))
		return BK_BUSY;
	switch (c->code) {
	case BK_IMAP_CODE_TRYCREATE:
	case BK_IMAP_CODE_NONEXISTENT:
		return BK_GONE;
	case BK_IMAP_CODE_ALREADYEXISTS:
		return BK_EXISTS;
	case BK_IMAP_CODE_OVERQUOTA:
		return BK_FULL;
	case BK_IMAP_CODE_NOPERM:
	case BK_IMAP_CODE_AUTH:
		return BK_DENIED;
	case BK_IMAP_CODE_NONE:
	case BK_IMAP_CODE_TOOBIG:
	case BK_IMAP_CODE_LIMIT:
	case BK_IMAP_CODE_INUSE:
	case BK_IMAP_CODE_UNAVAILABLE:
	case BK_IMAP_CODE_THROTTLED:
	case BK_IMAP_CODE_EXPUNGEISSUED:
	case BK_IMAP_CODE_CANNOT:
	case BK_IMAP_CODE_SERVERBUG:
		return BK_REFUSED;
	}
	return BK_REFUSED;
}

int bk_imap_verdict(struct bk_imap *imap, size_t i, struct bk_err *err)
{
	const struct bk_imap_command *c = &imap->commands[i];
	char *text;

	if (c->answered && c->state == BK_IMAP_OK)
		return 0;
	imap->code = c->code;
	text = readable(c->text);
	(void)bk_fail(err, kind_of(c), "the server refuses %s: %s", c->verb,
		      *text ? text : "it gives no reason");
	free(text);
	if (err->kind == BK_BUSY)
		err->retry_after_s =
			(uint32_t)((bk_imap_parse_wait(c->text) + 999) / 1000);
	return -1;
}
