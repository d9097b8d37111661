/* What hangs on a mailbox: who may do what, annotations, quota. */

#include <stdlib.h>

#include "imap/hangson.h"
#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/talk.h"

#define NAMES_AT_A_TIME 100 /* in one command: its line has an end */

/* A question about each of many mailboxes, one command each. */
struct asking {
	struct bk_imap *imap;
	const struct bk_view *mailboxes;
	size_t n;
	struct bk_acl_list *acls; /* of each; or */
	struct bk_metadata_list *metadata;
};

/* Which mailbox an answer is about: most likely that of the first command that
 * is not answered yet.  n: none. */
static size_t which(const struct asking *asking, struct bk_view name)
{
	for (size_t i = asking->imap->first_open; i < asking->n; i++)
		if (bk_imap_same_name(asking->mailboxes[i], name))
			return i;
	return asking->n;
}

static int take_acl(void *arg, const struct bk_imap_response *said,
		    struct bk_err *err)
{
	struct asking *asking = arg;
	struct bk_acl_list list = {0};
	struct bk_view name;
	size_t i;

	if (!bk_imap_word_is(said->word, "ACL"))
		return 0;
	int rc = bk_imap_parse_acl(said->rest, &name, &list, err);
	if (rc == 0) {
		i = which(asking, name);
		if (i < asking->n) {
			bk_acl_list_clear(&asking->acls[i]);
			asking->acls[i] = list;
			return 0;
		}
	}
	bk_acl_list_clear(&list);
	return rc;
}

/* It may come in pieces. */
static void join(struct bk_metadata_list *to, struct bk_metadata_list *more)
{
	for (size_t i = 0; i < more->n; i++) {
		to->items = bk_array_room(to->items, to->n, &to->cap,
					  sizeof(*to->items));
		to->items[to->n++] = more->items[i];
	}
	bk_arena_join(&to->arena, &more->arena);
}

static int take_metadata(void *arg, const struct bk_imap_response *said,
			 struct bk_err *err)
{
	struct asking *asking = arg;
	struct bk_metadata_list list = {0};
	struct bk_view name;
	size_t i;
	int rc;

	if (!bk_imap_word_is(said->word, "METADATA"))
		return 0;
	rc = bk_imap_parse_metadata(said->rest, &name, &list, err);
	if (rc == 0) {
		i = which(asking, name);
		if (i < asking->n)
			join(&asking->metadata[i], &list);
	}
	bk_metadata_list_clear(&list);
	return rc;
}

static int ask(struct asking *asking, const struct bk_imap_hands *hands,
	       int *told, struct bk_err *err)
{
	struct bk_imap *imap = asking->imap;
	struct bk_err why = {0};

	if (asking->n == 0)
		return 0;
	if (bk_imap_talk(imap, hands, err) < 0)
		return -1;
	for (size_t i = 0; i < asking->n; i++)
		told[i] = bk_imap_verdict(imap, i, &why);
	return 0;
}

static int none_is_told(size_t n, int *told)
{
	for (size_t i = 0; i < n; i++)
		told[i] = -1;
	return 0;
}

/* ---- ACL (RFC 4314) ---- */

int bk_imap_get_acl(struct bk_imap *imap, const struct bk_view *mailboxes,
		    size_t n, struct bk_acl_list *lists, int *told,
		    struct bk_err *err)
{
	struct asking asking = {
		.imap = imap, .mailboxes = mailboxes, .n = n, .acls = lists};
	const struct bk_imap_hands hands = {.untagged = take_acl,
					    .arg = &asking};

	if (!bk_imap_can(imap, BK_IMAP_ACL))
		return none_is_told(n, told);
	bk_imap_talk_begin(imap);
	for (size_t i = 0; i < n; i++) {
		(void)bk_imap_command(imap, "GETACL");
		bk_imap_say_name(imap, mailboxes[i]);
	}
	return ask(&asking, &hands, told, err);
}

static struct bk_view text_view(const char *text)
{
	struct bk_view view = {(const uint8_t *)text, 0};

	while (text[view.len])
		view.len++;
	return view;
}

int bk_imap_set_acl(struct bk_imap *imap, struct bk_view mailbox,
		    const char *who, const char *rights, struct bk_err *err)
{
	size_t command;

	if (!bk_imap_can(imap, BK_IMAP_ACL))
		return bk_fail(err, BK_REFUSED, "the server has no ACLs");
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, *rights ? "SETACL" : "DELETEACL");
	bk_imap_say_name(imap, mailbox);
	bk_imap_say_name(imap, text_view(who));
	if (*rights)
		bk_imap_say_name(imap, text_view(rights));
	if (bk_imap_talk_plainly(imap, command, err) < 0)
		return bk_imap_look_if_gone(imap, mailbox, err);
	return 0;
}

/* ---- METADATA (RFC 5464) ---- */

int bk_imap_get_metadata(struct bk_imap *imap, const struct bk_view *mailboxes,
			 size_t n, struct bk_metadata_list *lists, int *told,
			 struct bk_err *err)
{
	struct asking asking = {.imap = imap,
				.mailboxes = mailboxes,
				.n = n,
				.metadata = lists};
	const struct bk_imap_hands hands = {.untagged = take_metadata,
					    .arg = &asking};

	if (!bk_imap_can(imap, BK_IMAP_METADATA))
		return none_is_told(n, told);
	bk_imap_talk_begin(imap);
	for (size_t i = 0; i < n; i++) {
		/* Said again, it would be told twice. */
		(void)bk_imap_command_once(imap, "GETMETADATA");
		bk_imap_say(imap, " (DEPTH infinity)");
		bk_imap_say_name(imap, mailboxes[i]);
		bk_imap_say(imap, " (/private /shared)");
	}
	return ask(&asking, &hands, told, err);
}

static int take_server_metadata(void *arg, const struct bk_imap_response *said,
				struct bk_err *err)
{
	struct bk_metadata_list *out = arg;
	struct bk_metadata_list list = {0};
	struct bk_view name;

	if (!bk_imap_word_is(said->word, "METADATA"))
		return 0;
	int rc = bk_imap_parse_metadata(said->rest, &name, &list, err);
	if (rc == 0 && !name.len)
		join(out, &list);
	if (rc == 0 && out->n > BK_IMAP_ENTRIES_MAX)
		rc = bk_fail(err, BK_CORRUPT, "more than %d annotations",
			     BK_IMAP_ENTRIES_MAX);
	bk_metadata_list_clear(&list);
	return rc;
}

int bk_imap_get_server_metadata(struct bk_imap *imap,
				const char *const *entries, size_t n,
				struct bk_metadata_list *out,
				struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_server_metadata,
					    .arg = out};
	size_t command = 0, said = 0;

	bk_imap_talk_begin(imap);
	do {
		command = bk_imap_command_once(imap, "GETMETADATA");
		bk_imap_say(imap, " (DEPTH infinity)");
		bk_imap_say_name(imap, text_view(""));
		bk_imap_say(imap, said ? " (/private" : " (/private /shared");
		for (size_t i = 0; i < NAMES_AT_A_TIME && said < n; i++)
			bk_imap_say_name(imap, text_view(entries[said++]));
		bk_imap_say(imap, ")");
	} while (said < n);
	int rc = bk_imap_talk(imap, &hands, err);
	for (size_t i = 0; i <= command && rc == 0; i++)
		rc = bk_imap_verdict(imap, i, err);
	return rc;
}

int bk_imap_set_metadata(struct bk_imap *imap, struct bk_view mailbox,
			 const struct bk_property *entry, struct bk_err *err)
{
	size_t command;

	if (!bk_imap_can(imap, BK_IMAP_METADATA))
		return bk_fail(err, BK_REFUSED, "the server has no METADATA");
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "SETMETADATA");
	bk_imap_say_name(imap, mailbox);
	bk_imap_say(imap, " (");
	bk_imap_say_string(imap, text_view(entry->name));
	bk_imap_say_value(imap, entry->value);
	bk_imap_say(imap, ")");
	return bk_imap_talk_plainly(imap, command, err);
}

/* ---- QUOTA (RFC 9208) ---- */

struct quota {
	struct bk_arena arena;
	bool has_root;
	struct bk_view root;
	struct bk_imap_quota *out;
};

static int take_quota(void *arg, const struct bk_imap_response *said,
		      struct bk_err *err)
{
	struct quota *quota = arg;
	struct bk_imap_quota told = {0};
	struct bk_view name;

	if (bk_imap_word_is(said->word, "QUOTAROOT"))
		return bk_imap_parse_quotaroot(said->rest, &quota->arena, &name,
					       &quota->has_root, &quota->root,
					       err);
	if (!bk_imap_word_is(said->word, "QUOTA"))
		return 0;
	if (bk_imap_parse_quota(said->rest, &quota->arena, &name, &told, err) <
	    0)
		return -1;
	if (quota->has_root && bk_imap_same_name(quota->root, name))
		*quota->out = told;
	return 0;
}

int bk_imap_get_quota(struct bk_imap *imap, struct bk_imap_quota *out,
		      struct bk_err *err)
{
	struct quota quota = {.out = out};
	const struct bk_imap_hands hands = {.untagged = take_quota,
					    .arg = &quota};
	size_t command;
	int rc;

	*out = (struct bk_imap_quota){0};
	if (!bk_imap_can(imap, BK_IMAP_QUOTA))
		return 0;
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "GETQUOTAROOT");
	bk_imap_say_name(imap, text_view("INBOX"));
	rc = bk_imap_talk(imap, &hands, err);
	if (rc == 0)
		rc = bk_imap_verdict(imap, command, err);
	bk_arena_clear(&quota.arena);
	return rc;
}

int bk_imap_set_quota(struct bk_imap *imap, struct bk_view root,
		      const struct bk_imap_quota *quota, struct bk_err *err)
{
	uint64_t kib = quota->limit / 1024 + (quota->limit % 1024 != 0);

	if (!bk_imap_can(imap, BK_IMAP_QUOTA))
		return bk_fail(err, BK_REFUSED, "the server has no quotas");
	bk_imap_talk_begin(imap);
	size_t command = bk_imap_command(imap, "SETQUOTA");
	bk_imap_say_name(imap, root);
	bk_imap_say(imap, " (");
	if (quota->limit)
		bk_imap_say(imap, "STORAGE %llu%s", (unsigned long long)kib,
			    quota->messages_limit ? " " : "");
	if (quota->messages_limit)
		bk_imap_say(imap, "MESSAGE %llu",
			    (unsigned long long)quota->messages_limit);
	bk_imap_say(imap, ")");
	return bk_imap_talk_plainly(imap, command, err);
}
