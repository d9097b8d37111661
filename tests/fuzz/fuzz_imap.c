/*
 * Any bytes as what an IMAP server says.  The first byte is the size of the
 * pieces in which they come a second time: responses, bodies and the error at
 * the end are the same.  Every parser reads every response; what it makes of
 * UIDs and dates can be written and read again.
 */

#include <stdlib.h>
#include <string.h>

#include "imap/capability.h"
#include "imap/fetchrow.h"
#include "imap/hangson.h"
#include "imap/imapdate.h"
#include "imap/lexer.h"
#include "imap/mailboxes.h"
#include "imap/reader.h"
#include "imap/respcode.h"
#include "imap/uidsaid.h"
#include "lib/fakewire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void must(bool ok)
{
	if (!ok)
		abort();
}

/* Done, or BK_CORRUPT. */
static bool done(int rc, struct bk_err *err)
{
	must((rc < 0) == (err->kind == BK_CORRUPT));
	*err = (struct bk_err){0};
	return rc == 0;
}

/* ---- what is said again is the same ---- */

static void check_set(struct bk_uid_set *set)
{
	struct bk_uid_set again = {0};
	struct bk_buf text = {0};
	struct bk_err err = {0};

	bk_uid_set_format(set, &text);
	if (set->n) {
		must(bk_imap_parse_uids(bk_buf_view(&text), &again, &err) == 0);
		must(again.n == set->n &&
		     !memcmp(again.items, set->items,
			     set->n * sizeof(*set->items)));
	}
	bk_buf_clear(&text);
	bk_uid_set_clear(&again);
	bk_uid_set_clear(set);
}

static void check_date(int64_t date, int16_t zone)
{
	struct bk_err err = {0};
	int64_t date_again;
	int16_t zone_again;
	char text[27];

	bk_imap_format_date(text, date, zone);
	must(strlen(text) == 26);
	must(bk_imap_parse_date((struct bk_view){(const uint8_t *)text, 26},
				&date_again, &zone_again, &err) == 0);
	must(date_again == date && zone_again == zone);
}

static void check_words(const struct bk_view *words, size_t n)
{
	must(n <= BK_KEYWORDS_MAX);
	for (size_t i = 0; i < n; i++)
		must(!words[i].len || !memchr(words[i].data, 0, words[i].len));
}

/* ---- every parser on every response ---- */

static void read_row(const struct bk_imap_response *r, struct bk_arena *arena)
{
	struct bk_imap_row row;
	struct bk_err err = {0};

	if (!done(bk_imap_parse_row(r->number, r->rest, arena, &row, &err),
		  &err))
		return;
	must(row.seq && !(row.said & BK_IMAP_SAID_UID) == !row.uid);
	check_words(row.keywords, row.n_keywords);
	check_words(row.labels, row.n_labels);
	/* In the last hours of the year 9999 a zone leads out of it. */
	if (row.said & BK_IMAP_SAID_DATE && row.date < INT64_C(253402200000) &&
	    row.date > INT64_C(-62135500000))
		check_date(row.date, row.zone_minutes);
}

static void read_mailbox(struct bk_view rest, struct bk_arena *arena)
{
	struct bk_imap_mailbox mailbox;
	struct bk_imap_status status;
	struct bk_view name;
	struct bk_err err = {0};
	char delimiter;

	if (done(bk_imap_parse_list(rest, arena, &mailbox, &err), &err))
		must(strlen((const char *)mailbox.name.data) ==
		     mailbox.name.len);
	if (done(bk_imap_parse_status(rest, arena, &name, &status, &err), &err))
		must(strlen((const char *)name.data) == name.len);
	if (done(bk_imap_parse_namespace(rest, arena, &name, &delimiter, &err),
		 &err))
		must(strlen((const char *)name.data) == name.len);
}

static void read_uids(const struct bk_imap_response *r)
{
	struct bk_uid_set from = {0}, to = {0};
	struct bk_err err = {0};
	uint32_t validity;
	bool earlier;

	if (done(bk_imap_parse_vanished(r->rest, &earlier, &to, &err), &err))
		check_set(&to);
	bk_uid_set_clear(&to);
	if (done(bk_imap_parse_search(r, &to, &err), &err))
		check_set(&to);
	bk_uid_set_clear(&to);
	if (done(bk_imap_parse_uidplus(r->code, &validity, &from, &to, &err),
		 &err)) {
		must(!from.n ||
		     bk_uid_set_count(&from) == bk_uid_set_count(&to));
		check_set(&from);
		check_set(&to);
	}
	bk_uid_set_clear(&from);
	bk_uid_set_clear(&to);
}

static void read_the_rest(struct bk_view rest, struct bk_arena *arena)
{
	struct bk_metadata_list metadata = {0};
	struct bk_acl_list acl = {0};
	struct bk_imap_quota quota;
	struct bk_view name, root;
	struct bk_err err = {0};
	const char *server;
	bool has;

	(void)done(bk_imap_parse_acl(rest, &name, &acl, &err), &err);
	(void)done(bk_imap_parse_metadata(rest, &name, &metadata, &err), &err);
	(void)done(
		bk_imap_parse_quotaroot(rest, arena, &name, &has, &root, &err),
		&err);
	(void)done(bk_imap_parse_quota(rest, arena, &root, &quota, &err), &err);
	(void)done(bk_imap_parse_id(rest, arena, &server, &err), &err);
	bk_acl_list_clear(&acl);
	bk_metadata_list_clear(&metadata);
}

static void read_response(const struct bk_imap_response *r,
			  struct bk_imap_selected *selected,
			  struct bk_arena *kept)
{
	struct bk_arena arena = {0};
	struct bk_imap_caps caps = {0};
	struct bk_err err = {0};
	int64_t wait = bk_imap_parse_wait(r->text);

	must(wait >= 0 && wait <= BK_IMAP_WAIT_MAX_MS);
	(void)bk_imap_parse_code(r->code, r->text);
	bk_imap_parse_caps(r->rest, &caps);
	bk_imap_parse_caps(r->code, &caps);
	(void)done(bk_imap_parse_selected(r, kept, selected, &err), &err);
	read_row(r, &arena);
	read_mailbox(r->rest, &arena);
	read_uids(r);
	read_the_rest(r->rest, &arena);
	bk_arena_clear(&arena);
}

/* ---- the stream ---- */

static void tell(struct bk_buf *told, struct bk_view what)
{
	bk_buf_printf(told, "<%zu:", what.len);
	bk_buf_add(told, what.data, what.len);
}

static int take_body(void *arg, struct bk_imap_reader *reader,
		     struct bk_view before, uint64_t size, struct bk_err *err)
{
	struct bk_imap_response response;
	struct bk_arena arena = {0};
	struct bk_buf *told = arg;
	struct bk_buf_sink to;

	bk_buf_printf(told, "body %ju", (uintmax_t)size);
	tell(told, before);
	must(bk_imap_response_parse(before, &response, err) == 0);
	read_row(&response, &arena);
	bk_arena_clear(&arena);
	bk_buf_sink_init(&to, told, SIZE_MAX);
	return bk_imap_reader_copy(reader, &to.sink, size - size / 3, err);
}

/* All that a reader tells of the bytes when they come in such pieces. */
static void read_all(struct bk_view bytes, size_t piece, struct bk_buf *told)
{
	const struct bk_imap_literal literal = {take_body, told};
	struct fakewire wire = {.piece = piece};
	struct bk_imap_reader *reader = bk_imap_reader_new(&wire.wire);
	struct bk_imap_selected selected = {0};
	struct bk_imap_response r;
	struct bk_arena kept = {0};
	struct bk_err err = {0};

	fakewire_say(&wire, bytes.data, bytes.len);
	while (bk_imap_reader_next(reader, &literal, &r, &err) == 0) {
		bk_buf_printf(told, "%d %d %u", r.kind, r.state, r.number);
		tell(told, r.tag);
		tell(told, r.code);
		tell(told, r.text);
		tell(told, r.word);
		tell(told, r.rest);
		if (!piece)
			read_response(&r, &selected, &kept);
	}
	must(err.kind == BK_LOST || err.kind == BK_CORRUPT);
	bk_buf_printf(told, "%d %s", err.kind, err.text);
	bk_imap_reader_free(reader);
	bk_arena_clear(&kept);
	fakewire_clear(&wire);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bk_buf whole = {0}, cut = {0};

	if (len == 0)
		return 0;
	struct bk_view bytes = {data + 1, len - 1};
	read_all(bytes, 0, &whole);
	read_all(bytes, *data % 32 + 1, &cut);
	must(whole.len == cut.len && !memcmp(whole.data, cut.data, whole.len));
	bk_buf_clear(&whole);
	bk_buf_clear(&cut);
	return 0;
}
