/* Children of a spread target, and asking all of them at a time. */

#include <stdlib.h>
#include <string.h>

#include "target/spread_parts.h"

struct question {
	struct bk_spread *spread;
	unsigned child;
	int (*act)(struct bk_spread *spread, unsigned child, void *with,
		   struct bk_err *err);
	void *with;
	struct bk_spread_answers *out;
};

static void *ask(void *arg)
{
	struct question *asked = arg;
	unsigned n = asked->child;

	asked->out->rc[n] =
		asked->act(asked->spread, n, asked->with, &asked->out->err[n]);
	return NULL;
}

/* The last one is asked in this thread, and so is one for which there is none.
 */
void bk_spread_each(struct bk_spread *spread, uint32_t which,
		    int (*act)(struct bk_spread *spread, unsigned child,
			       void *with, struct bk_err *err),
		    void *with, struct bk_spread_answers *out)
{
	struct question questions[BK_SPREAD_MOST];
	pthread_t threads[BK_SPREAD_MOST];
	bool started[BK_SPREAD_MOST] = {0};

	*out = (struct bk_spread_answers){0};
	for (unsigned n = 0; n < spread->shape.n; n++) {
		questions[n] = (struct question){spread, n, act, with, out};
		if (!(which >> n & 1))
			out->rc[n] = -1;
		else if (which >> n != 1)
			started[n] = pthread_create(&threads[n], NULL, ask,
						    &questions[n]) == 0;
		if ((which >> n & 1) && !started[n])
			(void)ask(&questions[n]);
	}
	for (unsigned n = 0; n < spread->shape.n; n++)
		if (started[n])
			(void)pthread_join(threads[n], NULL);
}

uint32_t bk_spread_all(const struct bk_spread *spread)
{
	uint32_t which = 0;

	for (unsigned n = 0; n < spread->shape.n; n++)
		if (bk_spread_usable(spread, n))
			which |= UINT32_C(1) << n;
	return which;
}

uint32_t bk_spread_writable(const struct bk_spread *spread)
{
	uint32_t which = bk_spread_all(spread);

	for (unsigned n = 0; n < spread->shape.n; n++)
		if (atomic_load(&spread->children[n].failed))
			which &= ~(UINT32_C(1) << n);
	return which;
}

unsigned bk_spread_need(const struct bk_spread *spread)
{
	return spread->fresh ? spread->shape.n
			     : bk_spread_majority(&spread->shape);
}

static void note(struct bk_spread *spread, struct bk_spread_child *child,
		 atomic_bool *what, const struct bk_err *why)
{
	(void)pthread_mutex_lock(&spread->lock);
	if (!atomic_load(&child->failed) && !atomic_load(&child->silent))
		child->why = *why;
	atomic_store(what, true);
	(void)pthread_mutex_unlock(&spread->lock);
}

void bk_spread_child_failed(struct bk_spread *spread, unsigned child,
			    const struct bk_err *why)
{
	note(spread, &spread->children[child], &spread->children[child].failed,
	     why);
}

void bk_spread_child_silent(struct bk_spread *spread, unsigned child,
			    const struct bk_err *why)
{
	note(spread, &spread->children[child], &spread->children[child].silent,
	     why);
}

/* An error of this act, or else what is known of the child. */
static const struct bk_err *reason(const struct bk_spread *spread,
				   const struct bk_spread_answers *answers,
				   const char **name)
{
	for (unsigned n = 0; n < spread->shape.n; n++) {
		const struct bk_spread_child *child = &spread->children[n];
		*name = child->name;
		if (answers && answers->rc[n] < 0 && answers->err[n].kind)
			return &answers->err[n];
		if (child->why.kind)
			return &child->why;
	}
	return NULL;
}

int bk_spread_too_few(struct bk_spread *spread, unsigned have, unsigned need,
		      const struct bk_spread_answers *answers,
		      struct bk_err *err)
{
	const char *name = "";

	(void)pthread_mutex_lock(&spread->lock);
	const struct bk_err *why = reason(spread, answers, &name);
	if (why)
		*err = *why;
	(void)pthread_mutex_unlock(&spread->lock);
	if (!why)
		return bk_fail(err, BK_CORRUPT,
			       "%u of the targets have it, and %u are needed",
			       have, need);
	/* That it is not at one of them says nothing of the whole. */
	if (err->kind == BK_GONE)
		err->kind = BK_CORRUPT;
	return bk_context(err, "%u of %u targets, and %u are needed; %s", have,
			  spread->shape.n, need, name);
}

unsigned bk_spread_missed(struct bk_spread *spread,
			  struct bk_spread_gap out[BK_SPREAD_MOST])
{
	unsigned n_out = 0;

	(void)pthread_mutex_lock(&spread->lock);
	for (unsigned n = 0; n < spread->shape.n; n++) {
		const struct bk_spread_child *child = &spread->children[n];
		if (child->why.kind)
			out[n_out++] = (struct bk_spread_gap){
				child->name,
				child->why,
			};
	}
	(void)pthread_mutex_unlock(&spread->lock);
	return n_out;
}
