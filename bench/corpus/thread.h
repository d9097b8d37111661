/* Conversations: what a reply takes from the letter before it. */

#ifndef BENCH_CORPUS_THREAD_H
#define BENCH_CORPUS_THREAD_H

#include <stdint.h>

#include "base/buf.h"
#include "corpus/attachment.h"

#define THREAD_REFERENCES  12
#define THREAD_MEMBERS     24
#define THREAD_ATTACHMENTS 3
#define THREADS            3000 /* remembered */

struct thread {
	char subject[120];
	char references[THREAD_REFERENCES][90]; /* Message-IDs, oldest first */
	uint32_t n_references;
	char last_from[140], last_date[64];
	struct bk_buf last_text;
	struct attachment attachments[THREAD_ATTACHMENTS];
	uint32_t n_attachments;
	uint32_t members[THREAD_MEMBERS]; /* numbers of staff */
	uint32_t n_members;
	uint64_t outsider; /* the one outside who takes part, 0: none */
	uint32_t near;     /* what it is about: a place in the words */
	uint32_t depth;
};

struct threads {
	struct thread *ring; /* of THREADS */
	uint64_t n;          /* letters that were ever remembered */
};

void threads_init(struct threads *threads);
void threads_clear(struct threads *threads);

/* The letter that is `back` letters ago; back is less than threads->n. */
const struct thread *threads_ago(const struct threads *threads, uint32_t back);

/* Remembers a letter; last_text is copied from `text`. */
void threads_add(struct threads *threads, const struct thread *thread,
		 struct bk_view text);

void thread_add_member(struct thread *thread, uint32_t staff);

/* Forgets the oldest when there are too many. */
void thread_add_reference(struct thread *thread, const char *id);

#endif
