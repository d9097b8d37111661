/* Responses and codes about UIDs: see uidsaid.h. */

#include "imap/uidsaid.h"

#include <inttypes.h>

#include "imap/expect.h"

/* ---- sets ---- */

/* What a set has: its count is kept beside it, so that time is linear. */
struct filling {
	struct bk_uid_set *set;
	uint64_t count;
};

static struct filling filling(struct bk_uid_set *set)
{
	return (struct filling){set, bk_uid_set_count(set)};
}

static int add(struct filling *to, uint32_t first, uint32_t last,
	       struct bk_err *err)
{
	if (first > last) {
		uint32_t swap = first;
		first = last;
		last = swap;
	}
	to->count += (uint64_t)last - first + 1;
	if (to->count > UINT32_MAX)
		return bk_fail(err, BK_CORRUPT,
			       "a set of more UIDs than there are");
	bk_uid_set_add_range(to->set, first, last);
	if (to->set->n > BK_IMAP_RANGES_MAX)
		return bk_fail(err, BK_CORRUPT,
			       "a set of more than %zu ranges of UIDs",
			       BK_IMAP_RANGES_MAX);
	return 0;
}

static bool take_uid(struct bk_view *left, uint32_t *out)
{
	uint64_t value = 0;
	size_t n = 0;

	while (n < left->len && left->data[n] >= '0' && left->data[n] <= '9')
		n++;
	if (!bk_imap_word_number((struct bk_view){left->data, n}, UINT32_MAX,
				 &value) ||
	    !value)
		return false;
	*out = (uint32_t)value;
	*left = (struct bk_view){left->data + n, left->len - n};
	return true;
}

static bool take_char(struct bk_view *left, char c)
{
	if (!left->len || *left->data != (uint8_t)c)
		return false;
	*left = (struct bk_view){left->data + 1, left->len - 1};
	return true;
}

int bk_imap_parse_uids(struct bk_view text, struct bk_uid_set *out,
		       struct bk_err *err)
{
	struct bk_imap_lexer at = {.left = text};
	struct filling to = filling(out);

	do {
		uint32_t first, last;
		if (!take_uid(&at.left, &first))
			return bk_imap_unexpected(&at, "a UID", err);
		last = first;
		if (take_char(&at.left, ':') && !take_uid(&at.left, &last))
			return bk_imap_unexpected(&at, "a UID", err);
		if (add(&to, first, last, err) < 0)
			return -1;
	} while (take_char(&at.left, ','));
	if (at.left.len)
		return bk_imap_unexpected(&at, "a set of UIDs", err);
	return 0;
}

static int expect_uids(struct bk_imap_lexer *lexer, struct bk_uid_set *out,
		       struct bk_err *err)
{
	struct bk_view word;

	if (bk_imap_expect_text(lexer, &word, err) < 0)
		return -1;
	return bk_imap_parse_uids(word, out, err);
}

/* ---- VANISHED ---- */

int bk_imap_parse_vanished(struct bk_view rest, bool *earlier,
			   struct bk_uid_set *out, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest};
	struct bk_imap_lexer before = lexer;
	struct bk_view word;

	*earlier = false;
	if (bk_imap_lex(&lexer, &word) == BK_IMAP_OPEN) {
		(void)bk_imap_lex(&lexer, &word);
		*earlier = bk_imap_word_is(word, "EARLIER");
		if (!*earlier)
			return bk_imap_unexpected(&before, "EARLIER", err);
		if (bk_imap_expect_close(&lexer, err) < 0)
			return -1;
	} else {
		lexer = before;
	}
	if (expect_uids(&lexer, out, err) < 0)
		return -1;
	return bk_imap_expect_end(&lexer, err);
}

/* ---- SEARCH and ESEARCH ---- */

/* "2 84 882 (MODSEQ 917162500)" */
static int parse_search(struct bk_view rest, struct bk_uid_set *out,
			struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest};
	struct filling to = filling(out);

	for (;;) {
		struct bk_imap_lexer before = lexer;
		struct bk_view word;
		enum bk_imap_token token = bk_imap_lex(&lexer, &word);
		uint32_t uid;
		if (token == BK_IMAP_END)
			return 0;
		if (token == BK_IMAP_OPEN) {
			lexer = before;
			if (bk_imap_skip(&lexer, err) < 0)
				return -1;
			return bk_imap_expect_end(&lexer, err);
		}
		if (token != BK_IMAP_ATOM || !take_uid(&word, &uid) || word.len)
			return bk_imap_unexpected(&before, "a UID", err);
		if (add(&to, uid, uid, err) < 0)
			return -1;
	}
}

/* What an ESEARCH said. */
struct found {
	bool uid;       /* that it is about UIDs */
	bool has_count; /* COUNT */
	uint64_t count;
};

/* One of ESEARCH's items, behind its name. */
static int parse_found(struct bk_imap_lexer *lexer, struct bk_view name,
		       struct found *found, struct bk_uid_set *out,
		       struct bk_err *err)
{
	if (bk_imap_word_is(name, "UID")) {
		found->uid = true;
		return 0;
	}
	if (bk_imap_word_is(name, "ALL"))
		return expect_uids(lexer, out, err);
	if (!bk_imap_word_is(name, "COUNT"))
		return bk_imap_skip(lexer, err);
	found->has_count = true;
	return bk_imap_expect_number(lexer, UINT32_MAX, &found->count, err);
}

static int check_found(const struct found *found, uint64_t said,
		       struct bk_err *err)
{
	if (said && !found->uid)
		return bk_fail(err, BK_CORRUPT,
			       "sequence numbers where UIDs were asked for");
	if (said && found->has_count && found->count != said)
		return bk_fail(err, BK_CORRUPT,
			       "%" PRIu64 " are counted, and %" PRIu64
			       " listed",
			       found->count, said);
	return 0;
}

/* "(TAG "A285") UID MIN 7 ALL 4:18,21 COUNT 17 MODSEQ 5" */
static int parse_esearch(struct bk_view rest, struct bk_uid_set *out,
			 struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest};
	uint64_t before_it = bk_uid_set_count(out);
	struct found found = {0};

	for (;;) {
		struct bk_imap_lexer before = lexer;
		struct bk_view name;
		enum bk_imap_token token = bk_imap_lex(&lexer, &name);
		int rc;
		if (token == BK_IMAP_END)
			break;
		if (token == BK_IMAP_OPEN) {
			lexer = before;
			rc = bk_imap_skip(&lexer, err);
		} else if (token == BK_IMAP_ATOM) {
			rc = parse_found(&lexer, name, &found, out, err);
		} else {
			rc = bk_imap_unexpected(&before, "a name", err);
		}
		if (rc < 0)
			return -1;
	}
	return check_found(&found, bk_uid_set_count(out) - before_it, err);
}

int bk_imap_parse_search(const struct bk_imap_response *response,
			 struct bk_uid_set *out, struct bk_err *err)
{
	if (bk_imap_word_is(response->word, "ESEARCH"))
		return parse_esearch(response->rest, out, err) < 0
			       ? bk_context(err, "ESEARCH")
			       : 0;
	return parse_search(response->rest, out, err) < 0
		       ? bk_context(err, "SEARCH")
		       : 0;
}

/* ---- UIDPLUS ---- */

static int parse_copied(struct bk_imap_lexer *lexer, struct bk_uid_set *from,
			struct bk_uid_set *to, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_uid_set unwanted = {0};
	struct bk_view word;

	if (bk_imap_lex(lexer, &word) == BK_IMAP_END)
		return 0;
	*lexer = before;
	if (!from)
		from = &unwanted;
	uint64_t n_from = bk_uid_set_count(from), n_to = bk_uid_set_count(to);
	int rc = expect_uids(lexer, from, err);
	if (rc == 0)
		rc = expect_uids(lexer, to, err);
	if (rc == 0 &&
	    bk_uid_set_count(from) - n_from != bk_uid_set_count(to) - n_to)
		rc = bk_fail(err, BK_CORRUPT,
			     "copies are not as many as were "
			     "copied");
	bk_uid_set_clear(&unwanted);
	return rc;
}

int bk_imap_parse_uidplus(struct bk_view code, uint32_t *uid_validity,
			  struct bk_uid_set *from, struct bk_uid_set *to,
			  struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = code};
	struct bk_view name;
	uint64_t validity;

	*uid_validity = 0;
	(void)bk_imap_lex(&lexer, &name);
	bool copied = bk_imap_word_is(name, "COPYUID");
	if (!copied && !bk_imap_word_is(name, "APPENDUID"))
		return 0;
	int rc = bk_imap_expect_number(&lexer, UINT32_MAX, &validity, err);
	if (rc == 0 && !validity)
		rc = bk_fail(err, BK_CORRUPT, "UIDVALIDITY 0");
	if (rc == 0)
		rc = copied ? parse_copied(&lexer, from, to, err)
			    : expect_uids(&lexer, to, err);
	if (rc == 0)
		rc = bk_imap_expect_end(&lexer, err);
	if (rc < 0)
		return bk_context(err, "%s", copied ? "COPYUID" : "APPENDUID");
	*uid_validity = (uint32_t)validity;
	return 0;
}
