/* A letter from the first word to the last mailbox: see letter.h. */

#include "corpus/letter.h"

#include <stdio.h>
#include <string.h>

#define DAY 86400.0

/* What each letter of a kind meets on its way to one recipient. */
static void write_delivery(struct letter *letter, struct office *office,
			   const struct person *to, time_t when)
{
	struct rng *rng = &letter->rng;
	struct bk_buf *out = &office->trace;
	uint32_t score[2];
	char date[64];

	letter_date(date, when);
	out->len = 0;
	bk_buf_printf(out,
		      "Return-Path: <%s>\nX-Original-To: %s\n"
		      "Delivered-To: %s\n"
		      "Received: from mx1.mailhost.example ([10.0.0.%u])\n"
		      "\tby imap%u.mailhost.example with LMTP\n\tid ",
		      letter->from.address, to->address, to->address,
		      10 + rng_below(rng, 4), 1 + to->domain);
	rng_letters(rng, out, 22, 62);
	bk_buf_printf(out,
		      "\n\t(envelope-from <%s>)\n\tfor <%s>; %s\n"
		      "Received: from localhost (localhost [127.0.0.1])\n"
		      "\tby mx1.mailhost.example (Postfix) with ESMTP id ",
		      letter->from.address, to->address, date);
	rng_letters(rng, out, 13, 62);
	bk_buf_printf(out, "\n\tfor <%s>; %s (CEST)\n", to->address, date);
	if (letter->kind != LETTER_INBOUND && letter->kind != LETTER_NEWSLETTER)
		return;
	rng_fields(rng, score, (const uint32_t[]){5, 10}, 2);
	bk_buf_printf(out,
		      "X-Virus-Scanned: Debian amavisd-new at "
		      "mailhost.example\n"
		      "X-Spam-Status: No, score=-%u.%u required=5.0 "
		      "tests=BAYES_00,DKIM_SIGNED,\n"
		      "\tDKIM_VALID,DKIM_VALID_AU,SPF_PASS autolearn=ham\n"
		      "\tautolearn_force=no version=3.4.6\nX-Spam-Level:\n",
		      score[0], score[1]);
}

/* Where a recipient keeps it today. */
static enum folder any_folder(struct letter *letter, double age_days)
{
	double q = rng_unit(&letter->rng);
	struct tm tm = {0};

	(void)gmtime_r(&letter->when, &tm);
	int year = tm.tm_year + 1900;
	if (letter->kind == LETTER_NEWSLETTER)
		return q < .6   ? FOLDER_LISTS
		       : q < .8 ? FOLDER_TRASH
				: FOLDER_INBOX;
	if (year == 2022 && q < .75)
		return FOLDER_ARCHIVE_2022;
	if (year == 2023 && age_days > 200 && q < .6)
		return FOLDER_ARCHIVE_2023;
	if (q > .93)
		return FOLDER_ALPHA;
	if (q > .88)
		return FOLDER_BETA;
	if (q > .86)
		return FOLDER_TRASH;
	if (letter->kind == LETTER_INBOUND && q > .84)
		return FOLDER_JUNK;
	return FOLDER_INBOX;
}

static int deliver_to(struct letter *letter, struct office *office,
		      struct maildir *maildir, uint32_t user,
		      struct bk_err *err)
{
	struct rng *rng = &letter->rng;
	time_t when = letter->when + rng_below(rng, 4);
	double age_days = (double)(maildir->now - letter->when) / DAY;
	char flags[4];
	size_t n = 0;

	write_delivery(letter, office, &office->staff[user], when);
	enum folder folder = any_folder(letter, age_days);
	if (rng_chance(rng, .06))
		flags[n++] = 'F';
	if (rng_chance(rng, .25))
		flags[n++] = 'R';
	bool seen = rng_chance(rng, .9);
	if (seen)
		flags[n++] = 'S';
	flags[n] = '\0';
	struct delivery delivery = {
		.user = user,
		.folder = folder,
		.when = when,
		.flags = flags,
		.is_new = age_days < 20 && !seen && rng_chance(rng, .7),
		.trace = bk_buf_view(&office->trace),
		.letter = bk_buf_view(&office->letter),
	};
	if (maildir_deliver(maildir, &delivery, err) < 0)
		return -1;
	if (!rng_chance(rng, .008) || office->small)
		return 0;
	delivery.folder = FOLDER_ALPHA; /* and a copy for the project */
	delivery.when += rng_below(rng, 90000);
	delivery.flags = "S";
	delivery.is_new = false;
	return maildir_deliver(maildir, &delivery, err);
}

static int keep_copy(const struct letter *letter, const struct office *office,
		     struct maildir *maildir, struct bk_err *err)
{
	const struct delivery delivery = {
		.user = letter->from_staff,
		.folder = FOLDER_SENT,
		.when = letter->when,
		.flags = "S",
		.letter = {office->letter.data + letter->trace_end,
			   office->letter.len - letter->trace_end},
	};

	return maildir_deliver(maildir, &delivery, err);
}

static void remember(struct letter *letter, struct office *office)
{
	struct thread *thread = &letter->thread;

	if (letter->kind == LETTER_NEWSLETTER)
		return;
	(void)snprintf(thread->last_from, sizeof(thread->last_from), "%s <%s>",
		       letter->from.name, letter->from.address);
	(void)snprintf(thread->last_date, sizeof(thread->last_date), "%s",
		       letter->date);
	thread_add_reference(thread, letter->id);
	for (uint32_t i = 0; i < letter->n_to; i++)
		thread_add_member(thread, letter->to[i]);
	if (letter->from_staff != NOBODY)
		thread_add_member(thread, letter->from_staff);
	threads_add(&office->threads, thread, bk_buf_view(&office->text));
}

int letter_send(struct office *office, struct maildir *maildir, uint64_t number,
		time_t when, struct bk_err *err)
{
	struct letter letter = {.when = when};

	rng_seed(&letter.rng, office->seed, number);
	letter_address(&letter, office);
	letter_write_text(&letter, office);
	letter_choose_form(&letter, office);
	office->letter.len = 0;
	letter_write_trace(&letter, office);
	letter_write_header(&letter, office);
	letter_write_body(&letter, office);
	for (uint32_t i = 0; i < letter.n_to; i++)
		if (deliver_to(&letter, office, maildir, letter.to[i], err) < 0)
			return -1;
	if (letter.from_staff != NOBODY &&
	    keep_copy(&letter, office, maildir, err) < 0)
		return -1;
	remember(&letter, office);
	return 0;
}
