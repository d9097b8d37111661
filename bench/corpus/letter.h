/*
 * One letter: who writes to whom, about what, how it is set, and what mail
 * servers on its way add.  It becomes a message in the folder of every
 * recipient on the staff, each with a trace of its own, and one in the
 * sender's folder.
 */

#ifndef BENCH_CORPUS_LETTER_H
#define BENCH_CORPUS_LETTER_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

#include "base/buf.h"
#include "base/err.h"
#include "corpus/maildir.h"
#include "corpus/people.h"
#include "corpus/rng.h"
#include "corpus/thread.h"
#include "corpus/words.h"

#define RECIPIENTS_MAX 24

enum letter_kind {
	LETTER_INTERNAL,
	LETTER_INBOUND,
	LETTER_OUTBOUND,
	LETTER_NEWSLETTER,
};

/* How the text is marked up beside its plain form. */
enum letter_markup {
	MARKUP_NONE,
	MARKUP_OUTLOOK,
	MARKUP_PLAIN, /* Thunderbird's */
	MARKUP_NEWSLETTER,
};

/* What all letters have in common. */
struct office {
	const struct words *words;
	const struct person *staff;
	uint32_t n_staff;
	uint64_t seed;
	bool small; /* short letters without attachments */
	struct threads threads;
	struct bk_buf text, html, letter, trace, file; /* room */
};

struct letter {
	struct rng rng;
	time_t when;
	enum letter_kind kind;
	bool is_reply, is_forward;
	const struct thread *parent; /* NULL: a new subject */
	struct person from;
	uint32_t from_staff;   /* NOBODY: from outside */
	struct person outside; /* to whom, of an outbound letter */
	uint32_t to[RECIPIENTS_MAX];
	uint32_t n_to;
	char date[64], id[90];
	struct thread thread; /* as it is after this letter */

	enum letter_markup markup;
	bool has_logo;
	uint32_t base64_line;
	size_t trace_end; /* in office->letter: a sender's copy begins here */
};

/* Writes letter number `number` and delivers it. */
int letter_send(struct office *office, struct maildir *maildir, uint64_t number,
		time_t when, struct bk_err *err);

/* ---- its parts, in the order in which they are made ---- */

/* Kind, thread, sender, recipients, subject, date and Message-ID. */
void letter_address(struct letter *letter, const struct office *office);

/* Fills office->text: greeting, text, signature, what is quoted. */
void letter_write_text(struct letter *letter, struct office *office);

/* Attachments and markup. */
void letter_choose_form(struct letter *letter, const struct office *office);

/* Appends to office->letter. */
void letter_write_trace(struct letter *letter, struct office *office);
void letter_write_header(struct letter *letter, struct office *office);
void letter_write_body(struct letter *letter, struct office *office);

/* "Thu, 21 Nov 2026 21:37:00 +0200". */
void letter_date(char out[64], time_t when);

#endif
