/* Flags and keywords, and which of them a folder takes (PERMANENTFLAGS). */

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "mail/flags.h"
#include "store/imapstore_writer.h"
#include "store/lacks.h"

#define ALL_FLAGS                                                              \
	(BK_FLAG_SEEN | BK_FLAG_ANSWERED | BK_FLAG_FLAGGED | BK_FLAG_DELETED | \
	 BK_FLAG_DRAFT)

static bool has_room(const struct bk_imapstore_writer *w)
{
	return w->takes_any_keyword && w->n_takes_keywords < w->keywords_most;
}

static bool takes(struct bk_imapstore_writer *w, const char *keyword)
{
	if (!bk_imap_is_keyword(keyword))
		return false;
	if (w->takes_any_keyword && w->keywords_most == SIZE_MAX)
		return true;
	for (size_t i = 0; i < w->n_takes_keywords; i++)
		if (strcasecmp(w->takes_keywords[i], keyword) == 0)
			return true;
	if (!has_room(w))
		return false;
	w->takes_keywords[w->n_takes_keywords++] =
		bk_arena_strdup(&w->arena, keyword);
	return true;
}

static void lose(struct bk_imapstore_writer *w, uint16_t keyword)
{
	size_t n = w->writer.folder.n_keywords;

	if (w->n_lost < n) {
		w->lost = bk_realloc(w->lost, n * sizeof(*w->lost));
		memset(w->lost + w->n_lost, 0,
		       (n - w->n_lost) * sizeof(*w->lost));
		w->n_lost = n;
	}
	w->lost[keyword] = true;
}

static void add_keyword(struct bk_imapstore_marks *marks, const char *keyword)
{
	for (size_t i = 0; i < marks->n_keywords; i++)
		if (strcasecmp(marks->keywords[i], keyword) == 0)
			return;
	marks->keywords[marks->n_keywords++] = keyword;
}

void bk_imapstore_marks_make(struct bk_imapstore_writer *w,
			     const struct bk_message *msg,
			     struct bk_imapstore_marks *out)
{
	const char *forwarded = bk_flag_name(BK_FLAG_PASSED);
	uint8_t flags = msg->flags & ALL_FLAGS;

	out->flags = flags & w->takes_flags;
	w->lost_flags |= flags & (uint8_t)~w->takes_flags;
	out->n_keywords = 0;
	out->keywords =
		bk_alloc((msg->n_keywords + 2U) * sizeof(*out->keywords));
	for (uint16_t i = 0; i < msg->n_keywords; i++) {
		const char *name = w->writer.folder.keywords[msg->keywords[i]];
		if (takes(w, name))
			add_keyword(out, name);
		else
			lose(w, msg->keywords[i]);
	}
	if (!(msg->flags & BK_FLAG_PASSED))
		return;
	if (takes(w, forwarded))
		add_keyword(out, forwarded);
	else
		w->lost_flags |= BK_FLAG_PASSED;
}

bool bk_imapstore_marks_bare(struct bk_imapstore_marks *marks,
			     const struct bk_err *why)
{
	if (why->kind != BK_REFUSED || !marks->n_keywords)
		return false;
	marks->n_bared = marks->n_keywords;
	marks->n_keywords = 0;
	return true;
}

void bk_imapstore_marks_lose(struct bk_imapstore_writer *w,
			     const struct bk_imapstore_marks *marks)
{
	const struct bk_folder *folder = &w->writer.folder;

	for (size_t i = 0; i < marks->n_bared; i++) {
		const char *name = marks->keywords[i];
		if (strcasecmp(name, bk_flag_name(BK_FLAG_PASSED)) == 0)
			w->lost_flags |= BK_FLAG_PASSED;
		for (uint16_t k = 0; k < folder->n_keywords; k++)
			if (strcasecmp(name, folder->keywords[k]) == 0)
				lose(w, k);
	}
}

void bk_imapstore_marks_clear(struct bk_imapstore_marks *marks)
{
	free(marks->keywords);
	*marks = (struct bk_imapstore_marks){0};
}

void bk_imapstore_marks_note(const struct bk_imapstore_writer *w,
			     struct bk_buf *out)
{
	size_t n = 0;

	for (size_t i = 0; i < w->n_lost; i++)
		n += w->lost[i];
	if (n)
		bk_buf_printf(out,
			      "%s%zu keywords left out: the server does not "
			      "take them",
			      out->len ? "; " : "", n);
	for (unsigned flag = 1; flag <= BK_FLAG_PASSED; flag <<= 1)
		if (w->lost_flags & flag)
			bk_buf_printf(out,
				      "%s%s left out: the server does not "
				      "keep it",
				      out->len ? "; " : "",
				      bk_flag_name((uint8_t)flag));
	if (w->unset)
		bk_buf_printf(out,
			      "%sthe flags of %zu messages could not be set",
			      out->len ? "; " : "", w->unset);
}

static void lacks_word(struct bk_lacks *to, const char *word, const char *why)
{
	char *text = bk_asprintf("%s: %s", word, why);

	bk_lacks_add(to, BK_LACK_FLAGS, word, text);
	free(text);
}

void bk_imapstore_marks_lacks(const struct bk_imapstore_writer *w,
			      struct bk_lacks *to)
{
	for (size_t i = 0; i < w->n_lost; i++)
		if (w->lost[i])
			lacks_word(to, w->writer.folder.keywords[i],
				   "the server does not take it");
	for (unsigned flag = 1; flag <= BK_FLAG_PASSED; flag <<= 1)
		if (w->lost_flags & flag)
			lacks_word(to, bk_flag_name((uint8_t)flag),
				   "the server does not keep it");
}

/* ---- changes of messages that are there ---- */

static int compare_marks(const struct bk_imapstore_marks *a,
			 const struct bk_imapstore_marks *b)
{
	if (a->flags != b->flags)
		return a->flags < b->flags ? -1 : 1;
	if (a->n_keywords != b->n_keywords)
		return a->n_keywords < b->n_keywords ? -1 : 1;
	for (size_t i = 0; i < a->n_keywords; i++) {
		int order = strcmp(a->keywords[i], b->keywords[i]);
		if (order)
			return order;
	}
	return 0;
}

static int compare_changes(const void *left, const void *right)
{
	const struct bk_imapstore_change *a = left, *b = right;
	int order = compare_marks(&a->marks, &b->marks);

	return order ? order : (a->uid > b->uid) - (a->uid < b->uid);
}

/* The UIDs from `at` on that get the same marks; how many messages. */
static size_t take_equal(const struct bk_imapstore_writer *w, size_t at,
			 struct bk_uid_set *uids)
{
	size_t n = 0;

	bk_uid_set_clear(uids);
	for (; at + n < w->n_changes; n++) {
		const struct bk_imapstore_change *change = &w->changes[at + n];
		if (compare_marks(&change->marks, &w->changes[at].marks) != 0)
			break;
		bk_uid_set_add(uids, change->uid);
	}
	return n;
}

static bool is_no(enum bk_kind kind)
{
	return kind == BK_REFUSED || kind == BK_DENIED;
}

/* Turned down as they are: the flags, and each keyword, as far as they are
 * taken.  BK_REFUSED when one was not. */
static int store_apart(struct bk_imapstore_session *session,
		       const struct bk_uid_set *uids,
		       const struct bk_imap_flags *all, struct bk_err *err)
{
	const struct bk_imap_flags flags = {.flags = all->flags};
	struct bk_err refused = {0};

	if (bk_imap_store(session->imap, uids, BK_IMAP_STORE_SET, &flags, err) <
	    0)
		return -1;
	for (size_t i = 0; i < all->n_keywords; i++) {
		const struct bk_imap_flags one = {0, &all->keywords[i], 1};
		struct bk_err why = {0};
		if (bk_imap_store(session->imap, uids, BK_IMAP_STORE_ADD, &one,
				  &why) == 0)
			continue;
		refused = why;
		(void)bk_context(&refused, "keyword %s", all->keywords[i]);
		if (!is_no(why.kind))
			break;
	}
	if (refused.kind == BK_OK)
		return 0;
	*err = refused;
	return -1;
}

static int store_marks(struct bk_imapstore_session *session, void *arg,
		       struct bk_err *err)
{
	struct bk_imapstore_writer *w = arg;
	struct bk_uid_set uids = {0};
	int rc = bk_imapstore_select(session, w->raw, false, false, err);

	w->unset = 0;
	for (size_t at = 0; at < w->n_changes && rc == 0;) {
		struct bk_imap_flags flags =
			bk_imapstore_marks_view(&w->changes[at].marks);
		size_t n = take_equal(w, at, &uids);
		struct bk_err why = {0};
		rc = bk_imap_store(session->imap, &uids, BK_IMAP_STORE_SET,
				   &flags, &why);
		if (rc < 0 && is_no(why.kind) && flags.n_keywords)
			rc = store_apart(session, &uids, &flags, &why);
		if (rc < 0 && is_no(why.kind)) {
			w->unset += n;
			w->unset_why = why;
			rc = 0;
		} else if (rc < 0) {
			*err = why;
		}
		at += n;
	}
	bk_uid_set_clear(&uids);
	return rc;
}

int bk_imapstore_send_changes(struct bk_imapstore_writer *w, struct bk_err *err)
{
	const struct bk_imapstore_act act = {
		.run = store_marks, .arg = w, .mailbox = w->raw};
	size_t unset = w->unset;

	if (!w->n_changes)
		return 0;
	qsort(w->changes, w->n_changes, sizeof(*w->changes), compare_changes);
	/* To set flags twice is to set them once. */
	int rc = bk_imapstore_run(w->imapstore, w->address, &act, err);
	w->unset += unset;
	for (size_t i = 0; i < w->n_changes; i++)
		bk_imapstore_marks_clear(&w->changes[i].marks);
	w->n_changes = 0;
	return rc;
}
