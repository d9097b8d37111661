/* ACL, METADATA, QUOTA, ID: see hangson.h. */

#include "imap/hangson.h"

#include "imap/expect.h"

/* QUOTA counts STORAGE in these (RFC 9208). */
#define STORAGE_UNIT 1024

static bool at_end(const struct bk_imap_lexer *lexer)
{
	struct bk_imap_lexer ahead = *lexer;
	struct bk_view word;

	ahead.arena = NULL;
	return bk_imap_lex(&ahead, &word) == BK_IMAP_END;
}

static int too_many(struct bk_err *err)
{
	return bk_fail(err, BK_CORRUPT, "more than %d entries",
		       BK_IMAP_ENTRIES_MAX);
}

/* ---- ACL ---- */

static int read_acl(struct bk_imap_lexer *lexer, struct bk_view *mailbox,
		    struct bk_acl_list *out, struct bk_err *err)
{
	if (bk_imap_expect_name(lexer, mailbox, err) < 0)
		return -1;
	while (!at_end(lexer)) {
		struct bk_view who, rights;
		if (bk_imap_expect_name(lexer, &who, err) < 0 ||
		    bk_imap_expect_name(lexer, &rights, err) < 0)
			return -1;
		if (out->n == BK_IMAP_ENTRIES_MAX)
			return too_many(err);
		out->items = bk_array_room(out->items, out->n, &out->cap,
					   sizeof(*out->items));
		out->items[out->n++] = (struct bk_acl_entry){
			(const char *)who.data, (const char *)rights.data};
	}
	return 0;
}

int bk_imap_parse_acl(struct bk_view rest, struct bk_view *mailbox,
		      struct bk_acl_list *out, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = &out->arena};

	return read_acl(&lexer, mailbox, out, err) < 0 ? bk_context(err, "ACL")
						       : 0;
}

/* ---- METADATA ---- */

/* A value may hold anything; NIL is none. */
static int read_value(struct bk_imap_lexer *lexer, const char *name,
		      struct bk_metadata_list *out, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view value;

	if (bk_imap_lex(lexer, &value) == BK_IMAP_NIL)
		return 0;
	*lexer = before;
	if (bk_imap_expect_text(lexer, &value, err) < 0)
		return -1;
	if (out->n == BK_IMAP_ENTRIES_MAX)
		return too_many(err);
	out->items = bk_array_room(out->items, out->n, &out->cap,
				   sizeof(*out->items));
	out->items[out->n++] = (struct bk_property){
		name,
		{bk_arena_memdup(&out->arena, value.data, value.len),
		  value.len},
	};
	return 0;
}

static int read_metadata(struct bk_imap_lexer *lexer, struct bk_view *mailbox,
			 struct bk_metadata_list *out, struct bk_err *err)
{
	struct bk_view name;

	if (bk_imap_expect_name(lexer, mailbox, err) < 0)
		return -1;
	struct bk_imap_lexer list = *lexer;
	if (bk_imap_lex(&list, &name) != BK_IMAP_OPEN) {
		/* Names of what changed, without their values. */
		while (!at_end(lexer))
			if (bk_imap_skip(lexer, err) < 0)
				return -1;
		return 0;
	}
	*lexer = list;
	for (;;) {
		struct bk_imap_lexer before = *lexer;
		if (bk_imap_lex(lexer, &name) == BK_IMAP_CLOSE)
			return bk_imap_expect_end(lexer, err);
		*lexer = before;
		if (bk_imap_expect_name(lexer, &name, err) < 0 ||
		    read_value(lexer, (const char *)name.data, out, err) < 0)
			return -1;
	}
}

int bk_imap_parse_metadata(struct bk_view rest, struct bk_view *mailbox,
			   struct bk_metadata_list *out, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = &out->arena};

	return read_metadata(&lexer, mailbox, out, err) < 0
		       ? bk_context(err, "METADATA")
		       : 0;
}

/* ---- QUOTA ---- */

int bk_imap_parse_quotaroot(struct bk_view rest, struct bk_arena *arena,
			    struct bk_view *mailbox, bool *has,
			    struct bk_view *root, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = arena};

	*root = (struct bk_view){(const uint8_t *)"", 0};
	*has = false;
	if (bk_imap_expect_name(&lexer, mailbox, err) < 0)
		return bk_context(err, "QUOTAROOT");
	if (at_end(&lexer))
		return 0;
	if (bk_imap_expect_name(&lexer, root, err) < 0)
		return bk_context(err, "QUOTAROOT");
	*has = true;
	return 0;
}

/* Some say -1 where there is no limit. */
static int read_amount(struct bk_imap_lexer *lexer, uint64_t unit,
		       uint64_t *out, struct bk_err *err)
{
	struct bk_imap_lexer before = *lexer;
	struct bk_view word;

	*out = 0;
	if (bk_imap_lex(lexer, &word) == BK_IMAP_ATOM && *word.data == '-')
		return 0;
	*lexer = before;
	if (bk_imap_expect_number(lexer, UINT64_MAX / unit, out, err) < 0)
		return -1;
	*out *= unit;
	return 0;
}

static int read_resource(struct bk_imap_lexer *lexer, struct bk_view name,
			 struct bk_imap_quota *out, struct bk_err *err)
{
	uint64_t used, limit, unit = 1;

	if (bk_imap_word_is(name, "STORAGE"))
		unit = STORAGE_UNIT;
	if (read_amount(lexer, unit, &used, err) < 0 ||
	    read_amount(lexer, unit, &limit, err) < 0)
		return -1;
	if (unit == STORAGE_UNIT) {
		out->used = used;
		out->limit = limit;
	} else if (bk_imap_word_is(name, "MESSAGE")) {
		out->messages = used;
		out->messages_limit = limit;
	}
	return 0;
}

static int read_quota(struct bk_imap_lexer *lexer, struct bk_view *root,
		      struct bk_imap_quota *out, struct bk_err *err)
{
	struct bk_view name;
	int rc;

	if (bk_imap_expect_name(lexer, root, err) < 0)
		return -1;
	if (at_end(lexer)) /* Courier's way to say that nothing is limited */
		return 0;
	if (bk_imap_expect_open(lexer, err) < 0)
		return -1;
	while ((rc = bk_imap_next_item(lexer, "a resource", &name, err)) > 0)
		if (read_resource(lexer, name, out, err) < 0)
			return -1;
	return rc;
}

int bk_imap_parse_quota(struct bk_view rest, struct bk_arena *arena,
			struct bk_view *root, struct bk_imap_quota *out,
			struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = arena};

	*out = (struct bk_imap_quota){0};
	return read_quota(&lexer, root, out, err) < 0 ? bk_context(err, "QUOTA")
						      : 0;
}

/* ---- ID ---- */

static int read_id(struct bk_imap_lexer *lexer, struct bk_view *name,
		   struct bk_view *version, struct bk_err *err)
{
	struct bk_view *words;
	size_t n;

	if (bk_imap_expect_words(lexer, BK_IMAP_ENTRIES_MAX, &words, &n, err) <
	    0)
		return -1;
	for (size_t i = 0; i + 1 < n; i += 2) {
		if (bk_imap_word_is(words[i], "name"))
			*name = words[i + 1];
		if (bk_imap_word_is(words[i], "version"))
			*version = words[i + 1];
	}
	return 0;
}

/* NIL stands for a value that is not told; so does no server's name. */
static struct bk_view told(struct bk_view value)
{
	return bk_imap_word_is(value, "NIL") ? (struct bk_view){0} : value;
}

int bk_imap_parse_id(struct bk_view rest, struct bk_arena *arena,
		     const char **server, struct bk_err *err)
{
	struct bk_imap_lexer lexer = {.left = rest, .arena = arena};
	struct bk_view name = {0}, version = {0};
	struct bk_buf text = {0};

	*server = "";
	if (read_id(&lexer, &name, &version, err) < 0)
		return bk_context(err, "ID");
	name = told(name);
	version = told(version);
	bk_buf_add(&text, name.data, name.len);
	if (name.len && version.len)
		bk_buf_add_u8(&text, ' ');
	bk_buf_add(&text, version.data, version.len);
	*server = bk_arena_strdup(arena, bk_buf_text(&text));
	bk_buf_clear(&text);
	return 0;
}
