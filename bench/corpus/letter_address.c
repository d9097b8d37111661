/* Who writes a letter, to whom, and in which conversation. */

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "corpus/letter.h"

/* Below this many letters nobody replies. */
#define SOME_LETTERS 20
#define DEEPEST      9
#define RECENT       500

static enum letter_kind any_kind(struct rng *rng, bool small)
{
	uint32_t percent = rng_below(rng, 100);

	if (percent < 40)
		return LETTER_INTERNAL;
	if (percent >= 74 && percent < 88)
		return LETTER_OUTBOUND;
	return percent >= 88 && !small ? LETTER_NEWSLETTER : LETTER_INBOUND;
}

static void choose_thread(struct letter *letter, const struct office *office)
{
	const struct threads *threads = &office->threads;
	struct rng *rng = &letter->rng;

	if (threads->n <= SOME_LETTERS || letter->kind == LETTER_NEWSLETTER ||
	    !rng_chance(rng, .48))
		return;
	uint64_t recent = threads->n < RECENT ? threads->n : RECENT;
	const struct thread *parent = threads_ago(
		threads, (uint32_t)(pow(rng_unit(rng), 2.2) * (double)recent));
	double forwarded = parent->n_attachments ? .09
			   : office->small       ? .08
						 : .06;
	bool is_forward = rng_chance(rng, forwarded);
	if (parent->depth > DEEPEST)
		return;
	letter->parent = parent;
	letter->is_reply = true;
	letter->is_forward = is_forward;
}

static void choose_sender(struct letter *letter, const struct office *office)
{
	const struct thread *parent = letter->parent;
	struct rng *rng = &letter->rng;

	letter->from_staff = NOBODY;
	if (letter->kind == LETTER_INTERNAL ||
	    letter->kind == LETTER_OUTBOUND) {
		letter->from_staff = parent && parent->n_members
					     ? parent->members[rng_below(
						       rng, parent->n_members)]
					     : rng_below(rng, office->n_staff);
		letter->from = office->staff[letter->from_staff];
	} else {
		people_outsider(&letter->from,
				parent && parent->outsider
					? parent->outsider
					: people_any_outsider(rng));
	}
}

static uint32_t how_many(struct letter *letter)
{
	struct rng *rng = &letter->rng;
	uint32_t n = 1;

	if (letter->kind == LETTER_INBOUND)
		return rng_chance(rng, .82) ? 1 : 1 + rng_below(rng, 4);
	if (letter->kind == LETTER_NEWSLETTER) {
		while (n < 10 && rng_chance(rng, .6))
			n++;
		return n;
	}
	while (n < 8 && rng_chance(rng, .52))
		n++;
	return rng_chance(rng, .05) ? 8 + rng_below(rng, 13) : n;
}

static bool is_addressed(const struct letter *letter, uint32_t staff)
{
	for (uint32_t i = 0; i < letter->n_to; i++)
		if (letter->to[i] == staff)
			return true;
	return staff == letter->from_staff;
}

static void choose_recipients(struct letter *letter,
			      const struct office *office)
{
	const struct thread *parent = letter->parent;
	struct rng *rng = &letter->rng;

	if (letter->kind == LETTER_OUTBOUND)
		return;
	uint32_t wanted = how_many(letter);
	if (letter->is_reply && !letter->is_forward)
		for (uint32_t i = 0;
		     i < parent->n_members && letter->n_to < wanted; i++)
			if (parent->members[i] != letter->from_staff)
				letter->to[letter->n_to++] = parent->members[i];
	for (int i = 0; letter->n_to < wanted && i < 200; i++) {
		uint32_t staff = rng_below(rng, office->n_staff);
		if (letter->kind == LETTER_INTERNAL && rng_chance(rng, .9) &&
		    office->staff[staff].domain != letter->from.domain)
			continue;
		if (!is_addressed(letter, staff))
			letter->to[letter->n_to++] = staff;
	}
}

static void choose_subject(struct letter *letter, const struct office *office)
{
	const struct thread *parent = letter->parent;
	struct thread *thread = &letter->thread;

	if (!parent) {
		(void)snprintf(thread->subject, sizeof(thread->subject), "%s",
			       words_subject(office->words, &letter->rng));
		thread->near = words_anywhere(office->words, &letter->rng);
		return;
	}
	memcpy(thread->subject, parent->subject, sizeof(thread->subject));
	memcpy(thread->references, parent->references,
	       sizeof(thread->references));
	thread->n_references = parent->n_references;
	thread->near = parent->near;
	thread->depth = parent->depth + 1;
}

void letter_date(char out[64], time_t when)
{
	static const char *const days[] = {"Sun", "Mon", "Tue", "Wed",
					   "Thu", "Fri", "Sat"};
	static const char *const months[] = {"Jan", "Feb", "Mar", "Apr",
					     "May", "Jun", "Jul", "Aug",
					     "Sep", "Oct", "Nov", "Dec"};
	time_t local = when + 7200;
	struct tm tm = {0};

	(void)gmtime_r(&local, &tm);
	(void)snprintf(out, 64, "%s, %d %s %d %02d:%02d:%02d +0200",
		       days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
		       tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

void letter_address(struct letter *letter, const struct office *office)
{
	struct rng *rng = &letter->rng;
	uint64_t outsider = 0;

	letter->kind = any_kind(rng, office->small);
	choose_thread(letter, office);
	choose_sender(letter, office);
	if (letter->kind == LETTER_OUTBOUND) {
		outsider = people_any_outsider(rng);
		people_outsider(&letter->outside, outsider);
	}
	choose_recipients(letter, office);
	choose_subject(letter, office);
	if (letter->kind == LETTER_INBOUND && letter->parent)
		outsider = letter->parent->outsider;
	letter->thread.outsider = outsider;
	letter_date(letter->date, letter->when - rng_below(rng, 40));
	uint32_t number = rng_below(rng, 99999);
	(void)snprintf(letter->id, sizeof(letter->id), "<%016jx.%u@%s>",
		       (uintmax_t)rng_next(rng), number,
		       people_domain_of(&letter->from));
}
