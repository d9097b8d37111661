/*
 * The accounts of a server.  IMAP has no word for them, but an administrator of
 * Cyrus sees everybody's inbox, as user/ann@a.example, in the namespace of
 * other users.
 */

#include <string.h>

#include "imap/expect.h"
#include "imap/imap.h"
#include "imap/mailboxes.h"
#include "imap/talk.h"
#include "mail/utf7.h"

#define ACCOUNTS_MAX ((size_t)1 << 20)
#define ROOT         "user"

struct asking {
	struct bk_imap *imap;
	struct bk_view prefix;
	struct bk_names *out;
	struct bk_buf first; /* as the server spells it: is it ours to look
				after? */
	bool administers;
};

/* Where levels are parted by a '.', Cyrus has '^' for one in a name. */
static bool add_address(struct asking *asking, struct bk_view raw)
{
	struct bk_buf address = {0};
	bool ok = true;

	if (asking->imap->utf8)
		bk_buf_add(&address, raw.data, raw.len);
	else
		ok = bk_utf7_decode(raw, &address);
	for (size_t i = 0; ok && i < address.len; i++)
		if (asking->imap->delimiter == '.' && address.data[i] == '^')
			address.data[i] = '.';
	if (ok)
		bk_names_add(asking->out, bk_buf_text(&address));
	bk_buf_clear(&address);
	return ok;
}

static int take_inbox(void *arg, const struct bk_imap_response *said,
		      struct bk_err *err)
{
	struct asking *asking = arg;
	struct bk_imap_mailbox mailbox = {0};
	struct bk_view prefix = asking->prefix;

	if (!bk_imap_word_is(said->word, "LIST"))
		return 0;
	if (bk_imap_parse_list(said->rest, &asking->imap->said, &mailbox, err) <
	    0)
		return -1;
	struct bk_view name = mailbox.name;
	/* "user/ann" above "user/ann/Sent@a.example" is nobody's inbox. */
	if (name.len <= prefix.len || (mailbox.is & BK_IMAP_NO_SELECT) ||
	    memcmp(name.data, prefix.data, prefix.len) != 0)
		return 0;
	if (asking->out->n == ACCOUNTS_MAX)
		return bk_fail(err, BK_CORRUPT,
			       "the server lists more than %zu accounts",
			       ACCOUNTS_MAX);
	if (!asking->first.len)
		bk_buf_add(&asking->first, name.data, name.len);
	name.data += prefix.len;
	name.len -= prefix.len;
	return add_address(asking, name)
		       ? 0
		       : bk_fail(err, BK_CORRUPT,
				 "the server lists an account whose name is "
				 "no modified UTF-7");
}

static int list_inboxes(struct asking *asking, struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_inbox,
					    .arg = asking};
	struct bk_imap *imap = asking->imap;
	struct bk_buf pattern = {0};
	size_t command;

	bk_buf_add(&pattern, asking->prefix.data, asking->prefix.len);
	bk_buf_add_u8(&pattern, '%');
	bk_imap_talk_begin(imap);
	command = bk_imap_command_once(imap, "LIST");
	bk_imap_say(imap, " \"\"");
	bk_imap_say_name(imap, bk_buf_view(&pattern));
	bk_buf_clear(&pattern);
	if (bk_imap_talk(imap, &hands, err) < 0)
		return -1;
	return bk_imap_verdict(imap, command, err);
}

static int take_rights(void *arg, const struct bk_imap_response *said,
		       struct bk_err *err)
{
	struct asking *asking = arg;
	struct bk_imap_lexer lexer = {.left = said->rest,
				      .arena = &asking->imap->said};
	struct bk_view name, rights;

	if (!bk_imap_word_is(said->word, "MYRIGHTS"))
		return 0;
	if (bk_imap_expect_name(&lexer, &name, err) < 0 ||
	    bk_imap_expect_name(&lexer, &rights, err) < 0)
		return bk_context(err, "MYRIGHTS");
	asking->administers =
		rights.len && memchr(rights.data, 'a', rights.len);
	return 0;
}

/* Others see in that namespace who gave them rights, and nobody else: an
 * administrator may give them. */
static int check_rights(struct asking *asking, struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_rights,
					    .arg = asking};
	struct bk_imap *imap = asking->imap;

	if (!asking->first.len)
		return 0;
	bk_imap_talk_begin(imap);
	(void)bk_imap_command(imap, "MYRIGHTS");
	bk_imap_say_name(imap, bk_buf_view(&asking->first));
	if (bk_imap_talk(imap, &hands, err) < 0)
		return -1;
	return asking->administers ? 0
				   : bk_fail(err, BK_REFUSED,
					     "this login is not the server's "
					     "administrator");
}

/* "user/" or "user.": what others see of Cyrus has longer names, unless its
 * altnamespace is off. */
static bool find_prefix(const struct bk_imap *imap, struct bk_view *prefix)
{
	for (size_t i = 0; i < imap->n_others; i++) {
		*prefix = imap->others[i];
		if (prefix->len == strlen(ROOT) + 1 &&
		    memcmp(prefix->data, ROOT, strlen(ROOT)) == 0)
			return bk_imap_is_cyrus(imap);
	}
	return false;
}

int bk_imap_accounts(struct bk_imap *imap, struct bk_names *out,
		     struct bk_err *err)
{
	struct asking asking = {.imap = imap, .out = out};

	if (!find_prefix(imap, &asking.prefix))
		return bk_fail(err, BK_REFUSED,
			       "the server does not list its accounts for "
			       "this login");
	int rc = list_inboxes(&asking, err);
	if (rc == 0)
		rc = check_rights(&asking, err);
	bk_buf_clear(&asking.first);
	return rc;
}
