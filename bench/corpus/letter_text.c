/* What a letter says: greeting, text, signature and what is quoted below; its
 * attachments and its markup. */

#include <string.h>

#include "corpus/letter.h"

#define TEXT_MIN    60
#define TEXT_MAX    40000
#define QUOTE_MAX   24000
#define QUOTE_SMALL 2500

static size_t text_length(struct letter *letter, bool small)
{
	double median = small                               ? 900
			: letter->kind == LETTER_NEWSLETTER ? 2500
							    : 1100;
	size_t len =
		(size_t)rng_lognormal(&letter->rng, median, small ? .85 : .95);

	return len < TEXT_MIN ? TEXT_MIN : len > TEXT_MAX ? TEXT_MAX : len;
}

static void write_own_text(struct letter *letter, struct office *office)
{
	static const char *const greetings[] = {"Hi", "Hello", "Dear",
						"Dear Mr."};
	static const char *const ends[] = {"Best regards", "Regards",
					   "Kind regards", "Thanks"};
	struct rng *rng = &letter->rng;
	struct bk_buf *out = &office->text;
	struct topic topic = {letter->thread.near, 72};

	out->len = 0;
	size_t len = text_length(letter, office->small);
	bk_buf_printf(out, "%s %s,\n\n",
		      rng_pick(rng, greetings, COUNT_OF(greetings)),
		      letter->n_to
			      ? people_family_of(&office->staff[letter->to[0]])
			      : "all");
	topic.near += rng_below(rng, 20000);
	words_walk(office->words, rng, topic, len, out);
	bk_buf_printf(out, "\n%s\n%s\n", rng_pick(rng, ends, COUNT_OF(ends)),
		      letter->from.name);
}

static void sign(const struct letter *letter, struct bk_buf *out)
{
	uint32_t number = letter->from_staff;

	if (number == NOBODY)
		return;
	bk_buf_printf(out,
		      "\n-- \n%s\n%s\n"
		      "Phone +49 30 5557%03u  Fax +49 30 5557999\n%s\n"
		      "This e-mail may contain confidential and/or "
		      "privileged information. If you are not the\n"
		      "intended recipient please notify the sender "
		      "immediately and destroy this e-mail.\n",
		      letter->from.name,
		      number & 1 ? "Senior Consultant" : "Project Manager",
		      number, staff_domains[letter->from.domain]);
}

static void quote_lines(struct bk_buf *out, const uint8_t *at, size_t len)
{
	const uint8_t *end = at + len;

	while (at < end) {
		const uint8_t *eol = memchr(at, '\n', (size_t)(end - at));
		if (!eol)
			eol = end - 1;
		bk_buf_printf(out, *at == '>' ? ">" : "> ");
		bk_buf_add(out, at, (size_t)(eol - at) + 1);
		at = eol + 1;
	}
}

static void quote(struct letter *letter, struct office *office)
{
	const struct thread *parent = letter->parent;
	struct bk_buf *out = &office->text;
	size_t most = office->small ? QUOTE_SMALL : QUOTE_MAX;
	bool outlook = rng_chance(&letter->rng, .45);

	if (!parent || !parent->last_text.len)
		return;
	size_t len = parent->last_text.len;
	if (len > most)
		len = most;
	if (office->small && rng_chance(&letter->rng, .4))
		len = 0;
	if (len && (outlook || letter->is_forward)) {
		bk_buf_printf(out,
			      "\n-----Original Message-----\nFrom: %s\n"
			      "Sent: %s\nSubject: %s\n\n",
			      parent->last_from, parent->last_date,
			      parent->subject);
		bk_buf_add(out, parent->last_text.data, len);
	} else if (len) {
		bk_buf_printf(out, "\nOn %s, %s wrote:\n", parent->last_date,
			      parent->last_from);
		quote_lines(out, parent->last_text.data, len);
	}
	bk_buf_add_u8(out, '\n');
}

void letter_write_text(struct letter *letter, struct office *office)
{
	write_own_text(letter, office);
	sign(letter, &office->text);
	quote(letter, office);
}

static void attach(struct letter *letter, const struct office *office)
{
	const struct thread *parent = letter->parent;
	struct thread *thread = &letter->thread;
	struct rng *rng = &letter->rng;

	if (office->small || letter->kind == LETTER_NEWSLETTER)
		return;
	if (letter->is_forward && parent->n_attachments) {
		memcpy(thread->attachments, parent->attachments,
		       sizeof(thread->attachments));
		thread->n_attachments = parent->n_attachments;
		return;
	}
	double likely = letter->kind == LETTER_INTERNAL  ? .028
			: letter->kind == LETTER_INBOUND ? .46
							 : .30;
	if (!rng_chance(rng, likely))
		return;
	uint32_t n = 1;
	while (n < THREAD_ATTACHMENTS && rng_chance(rng, .25))
		n++;
	for (uint32_t i = 0; i < n; i++)
		attachment_any(&thread->attachments[i], rng);
	thread->n_attachments = n;
}

static enum letter_markup any_markup(struct letter *letter, bool small)
{
	struct rng *rng = &letter->rng;

	if (small)
		return MARKUP_NONE;
	if (letter->kind == LETTER_NEWSLETTER)
		return MARKUP_NEWSLETTER;
	if (!rng_chance(rng, .62))
		return MARKUP_NONE;
	return rng_chance(rng, .62) ? MARKUP_OUTLOOK : MARKUP_PLAIN;
}

void letter_choose_form(struct letter *letter, const struct office *office)
{
	struct rng *rng = &letter->rng;

	attach(letter, office);
	letter->markup = any_markup(letter, office->small);
	letter->has_logo = letter->markup == MARKUP_OUTLOOK &&
			   letter->from_staff != NOBODY && rng_chance(rng, .5);
	letter->base64_line = rng_chance(rng, .96)  ? 76
			      : rng_chance(rng, .5) ? 72
						    : 60;
}
