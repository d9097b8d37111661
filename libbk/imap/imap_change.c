/* Searching, flagging, removing and copying messages of the selected mailbox.
 */

#include "imap/asked.h"
#include "imap/imap.h"
#include "imap/lexer.h"
#include "imap/talk.h"
#include "imap/uidsaid.h"

/* A command for each piece of a set that one line can hold; `words` follow. */
static void say_for_each_piece(struct bk_imap *imap, const char *verb,
			       const struct bk_uid_set *uids,
			       struct bk_view words)
{
	size_t from = 0;

	while (from < uids->n) {
		(void)bk_imap_command(imap, verb);
		bk_imap_say_uids(imap, uids, &from);
		bk_buf_add(&imap->out, words.data, words.len);
	}
}

/* Messages that others have removed meanwhile are no failure. */
static int carry_out(struct bk_imap *imap, struct bk_err *err)
{
	static const struct bk_imap_hands none = {0};

	if (imap->n_commands == 0)
		return 0;
	if (bk_imap_talk(imap, &none, err) < 0)
		return -1;
	return bk_imap_fetch_verdict(imap, err);
}

/* ---- SEARCH ---- */

static int take_found(void *arg, const struct bk_imap_response *said,
		      struct bk_err *err)
{
	if (!bk_imap_word_is(said->word, "SEARCH") &&
	    !bk_imap_word_is(said->word, "ESEARCH"))
		return 0;
	return bk_imap_parse_search(said, arg, err);
}

int bk_imap_search(struct bk_imap *imap, const char *key,
		   struct bk_uid_set *out, struct bk_err *err)
{
	const struct bk_imap_hands hands = {.untagged = take_found, .arg = out};
	size_t command;

	out->n = 0;
	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "UID SEARCH");
	if (bk_imap_can(imap, BK_IMAP_ESEARCH))
		bk_imap_say(imap, " RETURN (ALL)");
	bk_imap_say(imap, " %s", key);
	if (bk_imap_talk(imap, &hands, err) < 0 ||
	    bk_imap_verdict(imap, command, err) < 0)
		return -1;
	bk_uid_set_sort(out);
	return 0;
}

/* ---- STORE ---- */

static void say_store(struct bk_imap *imap, const struct bk_uid_set *uids,
		      const char *how, struct bk_view flags)
{
	struct bk_buf words = {0};

	bk_buf_printf(&words, " %sFLAGS.SILENT", how);
	bk_buf_add(&words, flags.data, flags.len);
	say_for_each_piece(imap, "UID STORE", uids, bk_buf_view(&words));
	bk_buf_clear(&words);
}

static const char *sign_of(enum bk_imap_store how)
{
	switch (how) {
	case BK_IMAP_STORE_SET:
		return "";
	case BK_IMAP_STORE_ADD:
		return "+";
	case BK_IMAP_STORE_TAKE:
		return "-";
	}
	return "";
}

int bk_imap_store(struct bk_imap *imap, const struct bk_uid_set *uids,
		  enum bk_imap_store how, const struct bk_imap_flags *flags,
		  struct bk_err *err)
{
	struct bk_buf words = {0};
	int rc = 0;

	bk_imap_format_flags(&words, flags);
	bk_imap_talk_begin(imap);
	/* " ()": to add or take away nothing is no command. */
	if (how == BK_IMAP_STORE_SET || words.len > 3) {
		say_store(imap, uids, sign_of(how), bk_buf_view(&words));
		rc = carry_out(imap, err);
	}
	bk_buf_clear(&words);
	return rc;
}

/* ---- removing ---- */

static const struct bk_view deleted = {(const uint8_t *)" (\\Deleted)", 11};

static int mark(struct bk_imap *imap, const struct bk_uid_set *uids,
		const char *how, struct bk_err *err)
{
	bk_imap_talk_begin(imap);
	say_store(imap, uids, how, deleted);
	return carry_out(imap, err);
}

static int expunge_all(struct bk_imap *imap, struct bk_err *err)
{
	size_t command;

	bk_imap_talk_begin(imap);
	command = bk_imap_command(imap, "EXPUNGE");
	return bk_imap_talk_plainly(imap, command, err);
}

/* EXPUNGE takes whatever is marked: what others have marked is put by. */
static int remove_among_others(struct bk_imap *imap,
			       const struct bk_uid_set *uids,
			       struct bk_err *err)
{
	struct bk_uid_set marked = {0}, sorted = {0}, others = {0};
	struct bk_err why = {0};
	int rc;

	for (size_t i = 0; i < uids->n; i++)
		bk_uid_set_add_range(&sorted, uids->items[i].first,
				     uids->items[i].last);
	bk_uid_set_sort(&sorted);
	rc = bk_imap_search(imap, "DELETED", &marked, err);
	if (rc < 0)
		goto out;
	bk_imap_uids_without(&marked, &sorted, &others);
	rc = mark(imap, &others, "-", err);
	if (rc == 0)
		rc = mark(imap, &sorted, "+", err);
	if (rc == 0)
		rc = expunge_all(imap, err);
	if (!imap->over && mark(imap, &others, "+", &why) < 0 && rc == 0) {
		*err = why;
		rc = -1;
	}
out:
	bk_uid_set_clear(&marked);
	bk_uid_set_clear(&sorted);
	bk_uid_set_clear(&others);
	return rc;
}

int bk_imap_remove(struct bk_imap *imap, const struct bk_uid_set *uids,
		   struct bk_err *err)
{
	if (!bk_imap_can(imap, BK_IMAP_UIDPLUS))
		return remove_among_others(imap, uids, err);
	bk_imap_talk_begin(imap);
	say_store(imap, uids, "+", deleted);
	say_for_each_piece(imap, "UID EXPUNGE", uids, (struct bk_view){0});
	return carry_out(imap, err);
}

/* ---- copying ---- */

/* One COPYUID tells what became of some UIDs, in any order. */
struct copied {
	struct bk_uid_set from, to;
};

static int learn_copied(struct bk_imap *imap, struct copied *copied,
			struct bk_err *err)
{
	uint32_t uid_validity;

	for (size_t i = 0; i < imap->n_commands; i++)
		if (bk_imap_parse_uidplus(imap->commands[i].told, &uid_validity,
					  &copied->from, &copied->to, err) < 0)
			return -1;
	return 0;
}

/* The n-th UID of a set; it has so many. */
static uint32_t nth(const struct bk_uid_set *set, uint64_t n)
{
	size_t i = 0;

	for (;;) {
		const struct bk_uid_range *r = &set->items[i++];
		uint64_t here = (uint64_t)r->last - r->first + 1;

		if (n < here)
			return r->first + (uint32_t)n;
		n -= here;
	}
}

/* Where a UID stands in a set; false: it is not in it. */
static bool place_of(const struct bk_uid_set *set, uint32_t uid, uint64_t *n)
{
	*n = 0;
	for (size_t i = 0; i < set->n; i++) {
		const struct bk_uid_range *r = &set->items[i];

		if (uid >= r->first && uid <= r->last) {
			*n += uid - r->first;
			return true;
		}
		*n += (uint64_t)r->last - r->first + 1;
	}
	return false;
}

/* In the order of `uids`; nothing if the server leaves one of them out. */
static void put_in_order(const struct copied *copied,
			 const struct bk_uid_set *uids, struct bk_uid_set *made)
{
	uint64_t n;

	for (size_t i = 0; i < uids->n; i++)
		for (uint64_t uid = uids->items[i].first;
		     uid <= uids->items[i].last; uid++) {
			if (!place_of(&copied->from, (uint32_t)uid, &n)) {
				made->n = 0;
				return;
			}
			bk_uid_set_add(made, nth(&copied->to, n));
		}
}

int bk_imap_copy(struct bk_imap *imap, const struct bk_uid_set *uids,
		 struct bk_view mailbox, struct bk_uid_set *made,
		 struct bk_err *err)
{
	struct copied copied = {0};
	size_t from = 0;
	int rc;

	made->n = 0;
	bk_imap_talk_begin(imap);
	while (from < uids->n) {
		(void)bk_imap_command_once(imap, "UID COPY");
		bk_imap_say_uids(imap, uids, &from);
		bk_imap_say_name(imap, mailbox);
	}
	rc = carry_out(imap, err);
	if (rc < 0) {
		rc = bk_imap_look_if_gone(imap, mailbox, err);
		goto out;
	}
	rc = learn_copied(imap, &copied, err);
	if (rc == 0)
		put_in_order(&copied, uids, made);
	else
		rc = bk_imap_over(imap, err);
out:
	bk_uid_set_clear(&copied.from);
	bk_uid_set_clear(&copied.to);
	return rc;
}
