/* Mailboxes one at a time: what is said of them, and how they come and go. */

#include <string.h>

#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/mailboxes.h"
#include "imap/talk.h"

bool bk_imap_same_name(struct bk_view a, struct bk_view b)
{
	if (bk_imap_word_is(a, "INBOX"))
		return bk_imap_word_is(b, "INBOX");
	return a.len == b.len && memcmp(a.data, b.data, a.len) == 0;
}

/* ---- is it there? ---- */

struct looking {
	struct bk_imap *imap;
	struct bk_view name;
	bool found;
};

static int look_at_list(void *arg, const struct bk_imap_response *said,
			struct bk_err *err)
{
	struct bk_imap_mailbox mailbox = {0};
	struct looking *looking = arg;

	if (!bk_imap_word_is(said->word, "LIST"))
		return 0;
	if (bk_imap_parse_list(said->rest, &looking->imap->said, &mailbox,
			       err) < 0)
		return -1;
	if (!(mailbox.is & (BK_IMAP_NO_SELECT | BK_IMAP_NON_EXISTENT)) &&
	    bk_imap_same_name(mailbox.name, looking->name))
		looking->found = true;
	return 0;
}

/* 1: it is, 0: it is not, -1: not known. */
static int is_there(struct bk_imap *imap, struct bk_view mailbox,
		    struct bk_err *err)
{
	struct looking looking = {.imap = imap, .name = mailbox};
	const struct bk_imap_hands hands = {.untagged = look_at_list,
					    .arg = &looking};
	size_t command;

	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "LIST");
	bk_imap_say(imap, " \"\"");
	bk_imap_say_name(imap, mailbox);
	if (bk_imap_talk(imap, &hands, err) < 0 ||
	    bk_imap_verdict(imap, command, err) < 0)
		return -1;
	return looking.found;
}

/* Has a refusal without a code this reason?  Then it gets this kind. */
static int look_if(struct bk_imap *imap, struct bk_view mailbox, bool there,
		   struct bk_err *err)
{
	struct bk_err other = {0};
	int is;

	if (err->kind != BK_REFUSED || imap->code != BK_IMAP_CODE_NONE ||
	    imap->over)
		return -1;
	is = is_there(imap, mailbox, &other);
	imap->code = BK_IMAP_CODE_NONE;
	if (is < 0) {
		if (imap->over)
			*err = other;
		return -1;
	}
	if (there && is == 1)
		err->kind = BK_EXISTS;
	if (!there && is == 0)
		err->kind = BK_GONE;
	return -1;
}

int bk_imap_look_if_gone(struct bk_imap *imap, struct bk_view mailbox,
			 struct bk_err *err)
{
	return look_if(imap, mailbox, false, err);
}

/* ---- STATUS ---- */

/* Cyrus 3.6 says bytes of nothing for MAILBOXID, but in SELECT. */
static bool tells_ids(const struct bk_imap *imap)
{
	return bk_imap_can(imap, BK_IMAP_OBJECTID) && *imap->server &&
	       !bk_imap_is_cyrus(imap);
}

void bk_imap_say_status_items(struct bk_imap *imap)
{
	bk_imap_say(imap, " (MESSAGES UIDNEXT UIDVALIDITY%s%s)",
		    bk_imap_can(imap, BK_IMAP_CONDSTORE) ? " HIGHESTMODSEQ"
							 : "",
		    tells_ids(imap) ? " MAILBOXID" : "");
}

struct asking {
	struct bk_imap *imap;
	struct bk_view name;
	struct bk_imap_status *out;
};

static int take_status(void *arg, const struct bk_imap_response *said,
		       struct bk_err *err)
{
	struct bk_imap_status status = {0};
	struct asking *asking = arg;
	struct bk_view name;

	if (!bk_imap_word_is(said->word, "STATUS"))
		return 0;
	if (bk_imap_parse_status(said->rest, &asking->imap->said, &name,
				 &status, err) < 0)
		return -1;
	if (bk_imap_same_name(name, asking->name))
		*asking->out = status;
	return 0;
}

static void say_append_limit(struct bk_imap *imap)
{
	bk_imap_say(imap, " (APPENDLIMIT)");
}

static int ask_status(struct bk_imap *imap, struct bk_view mailbox,
		      void (*say_items)(struct bk_imap *imap),
		      struct bk_imap_status *out, struct bk_err *err)
{
	struct asking asking = {imap, mailbox, out};
	const struct bk_imap_hands hands = {.untagged = take_status,
					    .arg = &asking};
	size_t command;

	*out = (struct bk_imap_status){0};
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "STATUS");
	bk_imap_say_name(imap, mailbox);
	say_items(imap);
	if (bk_imap_talk(imap, &hands, err) < 0)
		return -1;
	if (bk_imap_verdict(imap, command, err) < 0)
		return bk_imap_look_if_gone(imap, mailbox, err);
	return 0;
}

int bk_imap_status(struct bk_imap *imap, struct bk_view mailbox,
		   struct bk_imap_status *out, struct bk_err *err)
{
	return ask_status(imap, mailbox, bk_imap_say_status_items, out, err);
}

static void say_guid(struct bk_imap *imap)
{
	bk_imap_say(imap, " (UIDVALIDITY X-GUID)");
}

int bk_imap_guid(struct bk_imap *imap, struct bk_view mailbox,
		 struct bk_imap_status *out, struct bk_err *err)
{
	return ask_status(imap, mailbox, say_guid, out, err);
}

int bk_imap_append_limit(struct bk_imap *imap, struct bk_view mailbox,
			 uint64_t *out, struct bk_err *err)
{
	const struct bk_imap_caps *caps = bk_imap_caps(imap);
	struct bk_imap_status status = {0};

	*out = caps->append_limit ? caps->append_limit : UINT64_MAX;
	if (!caps->append_limits)
		return 0;
	if (ask_status(imap, mailbox, say_append_limit, &status, err) < 0)
		return -1;
	if (status.has_append_limit)
		*out = status.append_limit;
	return 0;
}

/* ---- how they come and go ---- */

static bool takes_use(const struct bk_imap *imap, const char *special_use)
{
	return special_use && special_use[0] == '\\' &&
	       bk_imap_is_keyword(special_use + 1) &&
	       bk_imap_can(imap, BK_IMAP_CREATE_SPECIAL_USE);
}

size_t bk_imap_say_create(struct bk_imap *imap, struct bk_view mailbox,
			  const char *special_use)
{
	size_t command = bk_imap_command(imap, "CREATE");

	bk_imap_say_name(imap, mailbox);
	if (takes_use(imap, special_use))
		bk_imap_say(imap, " (USE (%s))", special_use);
	return command;
}

static int create_as(struct bk_imap *imap, struct bk_view mailbox,
		     const char *special_use, struct bk_err *err)
{
	bk_imap_talk_begin(imap);
	size_t command = bk_imap_say_create(imap, mailbox, special_use);
	return bk_imap_talk_plainly(imap, command, err);
}

int bk_imap_create(struct bk_imap *imap, struct bk_view mailbox,
		   const char *special_use, struct bk_err *err)
{
	struct bk_err refused = {0};

	if (takes_use(imap, special_use)) {
		if (create_as(imap, mailbox, special_use, &refused) == 0)
			return 0;
		if (refused.kind != BK_REFUSED || imap->over) {
			*err = refused;
			return -1;
		}
		/* [USEATTR]: not this use, or it is another mailbox's. */
	}
	if (create_as(imap, mailbox, NULL, err) < 0)
		return look_if(imap, mailbox, true, err);
	return 0;
}

int bk_imap_delete(struct bk_imap *imap, struct bk_view mailbox,
		   struct bk_err *err)
{
	size_t command;

	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "DELETE");
	bk_imap_say_name(imap, mailbox);
	if (bk_imap_talk_plainly(imap, command, err) < 0)
		return bk_imap_look_if_gone(imap, mailbox, err);
	return 0;
}

int bk_imap_rename(struct bk_imap *imap, struct bk_view from, struct bk_view to,
		   struct bk_err *err)
{
	size_t command;

	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "RENAME");
	bk_imap_say_name(imap, from);
	bk_imap_say_name(imap, to);
	if (bk_imap_talk_plainly(imap, command, err) == 0)
		return 0;
	(void)bk_imap_look_if_gone(imap, from, err);
	return look_if(imap, to, true, err);
}

size_t bk_imap_say_subscribe(struct bk_imap *imap, struct bk_view mailbox,
			     bool on)
{
	size_t command =
		bk_imap_command(imap, on ? "SUBSCRIBE" : "UNSUBSCRIBE");

	bk_imap_say_name(imap, mailbox);
	return command;
}

int bk_imap_subscribe(struct bk_imap *imap, struct bk_view mailbox, bool on,
		      struct bk_err *err)
{
	bk_imap_talk_begin(imap);
	size_t command = bk_imap_say_subscribe(imap, mailbox, on);
	return bk_imap_talk_plainly(imap, command, err);
}
