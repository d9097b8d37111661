/* The simpler things that are made of words: see scenes.h. */

#include "corpus/scenes.h"

#include <stdio.h>
#include <string.h>

#include "corpus/letter.h"
#include "corpus/rng.h"

#define SHARED 0xabcdefu /* what generators are seeded for */
#define TEXT   5
#define GROUP  20 /* messages, of which the first 14 are 7 pairs */
#define PAIRS  7

void scene_report(const struct scene *scene, size_t mails, uint64_t bytes)
{
	const struct maildir *maildir = &scene->maildir;

	(void)fprintf(stderr, "mkcorpus: %zu messages, %ju bytes\n",
		      maildir->n_mails - mails,
		      (uintmax_t)(maildir->bytes - bytes));
}

int scene_text(struct scene *scene, struct bk_err *err)
{
	struct topic topic = {.width = 72};
	struct bk_buf text = {0};
	struct rng rng;
	int rc = 0;

	rng_seed(&rng, scene->seed, TEXT);
	topic.near = words_anywhere(scene->words, &rng);
	words_walk(scene->words, &rng, topic, scene->messages, &text);
	if (fwrite(text.data, 1, text.len, stdout) != text.len)
		rc = bk_fail_errno(err, "standard output");
	bk_buf_clear(&text);
	return rc;
}

static void add_words(const struct scene *scene, struct rng *rng, size_t len,
		      struct bk_buf *out)
{
	struct topic topic = {words_anywhere(scene->words, rng), 72};

	words_walk(scene->words, rng, topic, len, out);
}

/* The header of message i. */
static void begin_large(const struct scene *scene, struct rng *rng, uint64_t i,
			time_t when, struct bk_buf *out)
{
	const struct person *to = &scene->staff[i % scene->maildir.n_staff];
	struct person from;
	char date[64];

	people_outsider(&from, 1 + rng_below(rng, 4000));
	letter_date(date, when);
	uint64_t id = rng_next(rng);
	bk_buf_printf(out,
		      "Return-Path: <%s>\nDelivered-To: %s\n"
		      "Received: from mx1.mailhost.example by "
		      "imap1.mailhost.example with LMTP id ",
		      from.address, to->address);
	rng_letters(rng, out, 22, 62);
	bk_buf_printf(out,
		      "; %s\nFrom: %s <%s>\nTo: %s\nSubject: %s\nDate: %s\n"
		      "Message-ID: <%016jx@%s>\nMIME-Version: 1.0\n"
		      "Content-Type: text/plain; charset=us-ascii\n\n",
		      date, from.name, from.address, to->address,
		      words_subject(scene->words, rng), date, (uintmax_t)id,
		      people_domain_of(&from));
}

/* The partner's text in up to four pieces, between words of one's own. */
static void add_shared(const struct scene *scene, struct rng *rng, uint64_t i,
		       size_t size, struct bk_buf *out)
{
	uint64_t pair = i / GROUP * 64 + i % GROUP % PAIRS;
	struct bk_buf shared = {0};
	struct rng common;
	size_t from = 0;

	rng_seed(&common, scene->seed ^ SHARED, pair);
	size_t len = (size_t)rng_lognormal(&common, 250e3, .25);
	add_words(scene, &common, len, &shared);
	uint32_t pieces = 1 + rng_below(&common, 4);
	size_t own = size > shared.len ? size - shared.len : size / 2;
	own /= pieces + 1;
	for (uint32_t piece = 1; piece <= pieces; piece++) {
		struct topic topic = {words_anywhere(scene->words, rng), 72};
		size_t to = shared.len * piece / pieces;
		double part = .5 + rng_unit(rng);
		words_walk(scene->words, rng, topic,
			   (size_t)((double)own * part), out);
		bk_buf_add(out, shared.data + from, to - from);
		from = to;
	}
	add_words(scene, rng, own, out);
	bk_buf_clear(&shared);
}

static int send_large(struct scene *scene, uint64_t i, struct bk_buf *text,
		      struct bk_err *err)
{
	double age = (double)(SCENE_END - SCENE_BEGIN) * (double)i /
		     (double)scene->messages;
	struct delivery delivery = {
		.user = (uint32_t)(i % scene->maildir.n_staff),
		.folder = FOLDER_INBOX,
		.when = SCENE_BEGIN + (time_t)age,
		.flags = "S",
	};
	struct rng rng;

	rng_seed(&rng, scene->seed, i);
	size_t size = (size_t)rng_lognormal(&rng, 500e3, .25);
	text->len = 0;
	begin_large(scene, &rng, i, delivery.when, text);
	if (i % GROUP < (uint64_t)PAIRS * 2)
		add_shared(scene, &rng, i, size, text);
	else
		add_words(scene, &rng, size, text);
	delivery.letter = bk_buf_view(text);
	return maildir_deliver(&scene->maildir, &delivery, err);
}

int scene_pairs(struct scene *scene, struct bk_err *err)
{
	struct maildir *maildir = &scene->maildir;
	struct bk_buf text = {0};

	maildir->now = SCENE_END;
	int rc = maildir_make(maildir, err);
	for (uint64_t i = 0; rc == 0 && i < scene->messages; i++)
		rc = send_large(scene, i, &text, err);
	if (rc == 0)
		rc = maildir_write_lists(maildir, err);
	if (rc == 0)
		scene_report(scene, 0, 0);
	bk_buf_clear(&text);
	return rc;
}
