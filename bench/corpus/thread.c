/* Conversations: see thread.h. */

#include "corpus/thread.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void threads_init(struct threads *threads)
{
	*threads = (struct threads){
		.ring = bk_alloc(THREADS * sizeof(*threads->ring))};
}

void threads_clear(struct threads *threads)
{
	for (size_t i = 0; threads->ring && i < THREADS; i++)
		bk_buf_clear(&threads->ring[i].last_text);
	free(threads->ring);
	*threads = (struct threads){0};
}

const struct thread *threads_ago(const struct threads *threads, uint32_t back)
{
	return &threads->ring[(threads->n - 1 - back) % THREADS];
}

void threads_add(struct threads *threads, const struct thread *thread,
		 struct bk_view text)
{
	struct thread *place = &threads->ring[threads->n++ % THREADS];
	struct bk_buf room = place->last_text;

	*place = *thread;
	place->last_text = room;
	place->last_text.len = 0;
	bk_buf_add(&place->last_text, text.data, text.len);
}

void thread_add_member(struct thread *thread, uint32_t staff)
{
	if (thread->n_members < THREAD_MEMBERS)
		thread->members[thread->n_members++] = staff;
}

void thread_add_reference(struct thread *thread, const char *id)
{
	char(*references)[90] = thread->references;

	if (thread->n_references == THREAD_REFERENCES) {
		memmove(references[0], references[1],
			sizeof(thread->references) - sizeof(references[0]));
		thread->n_references--;
	}
	(void)snprintf(references[thread->n_references++],
		       sizeof(references[0]), "%s", id);
}
