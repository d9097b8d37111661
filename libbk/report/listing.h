/*
 * A list of things as its reader wants it: a table for people, one JSON object
 * a line for programs, or with -q only what names each of them.  One table of
 * columns gives all three.
 *
 *	static const struct bk_field fields[] = {
 *		{"ACCOUNT", "account", BK_FIELD_NAME},
 *		{"MESSAGES", "messages", BK_FIELD_COUNT}};
 *	struct bk_listing *to = bk_listing_new(&style, "account", fields, 2);
 *	const struct bk_cell cells[] = {bk_cell_text("ann@example.org"),
 *					bk_cell_n(48213)};
 *	bk_listing_row(to, cells, err);
 *	...
 *	return bk_listing_finish(to, err);
 *
 * Names may hold any bytes: they are escaped.
 */

#ifndef BK_REPORT_LISTING_H
#define BK_REPORT_LISTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/err.h"

enum bk_field_kind {
	BK_FIELD_NAME,   /* text that names the row: what -q prints */
	BK_FIELD_TEXT,   /* text, words or bytes; nothing: left out of JSON */
	BK_FIELD_COUNT,  /* n: "18,402" */
	BK_FIELD_NUMBER, /* n: "18402"; 0 is an empty cell */
	BK_FIELD_SIZE,   /* n bytes: "1.9 GiB" */
	BK_FIELD_CHANGE, /* n bytes, signed: "+1.9 GiB" */
	BK_FIELD_TIME,   /* seconds: local time in tables, UTC in JSON */
	BK_FIELD_YES,    /* n: "yes" or an empty cell */
};

struct bk_field {
	const char *title; /* of the column; NULL: not in the table */
	const char *key;   /* NULL: not in JSON */
	enum bk_field_kind kind;
};

struct bk_cell {
	const char *text;         /* NULL: none */
	const char *const *words; /* a list of texts instead, of n */
	bool has_words;
	bool none; /* not known: an empty cell, and left out of JSON */
	uint64_t n;
	int64_t seconds;
};

static inline struct bk_cell bk_cell_text(const char *text)
{
	return (struct bk_cell){.text = text};
}

static inline struct bk_cell bk_cell_none(void)
{
	return (struct bk_cell){.none = true};
}

static inline struct bk_cell bk_cell_n(uint64_t n)
{
	return (struct bk_cell){.n = n};
}

static inline struct bk_cell bk_cell_time(int64_t seconds)
{
	return (struct bk_cell){.seconds = seconds};
}

static inline struct bk_cell bk_cell_words(const char *const *words, size_t n)
{
	return (struct bk_cell){.words = words, .has_words = true, .n = n};
}

struct bk_listing_style {
	FILE *out;
	bool json;
	bool quiet;
};

struct bk_listing;

/* `type` is what a row is, for JSON; it, the style and the n fields outlive the
 * listing. */
struct bk_listing *bk_listing_new(const struct bk_listing_style *style,
				  const char *type,
				  const struct bk_field *fields, size_t n);

/* One cell for each field. */
int bk_listing_row(struct bk_listing *listing, const struct bk_cell *cells,
		   struct bk_err *err);

/* Prints what is left and frees the listing. */
int bk_listing_finish(struct bk_listing *listing, struct bk_err *err);
void bk_listing_free(struct bk_listing *listing); /* NULL is fine */

#endif
