/* A move in the other direction: what came to the destination is brought back
 * to the source.  What the source had stays there; what an earlier pass of
 * these brought goes where it went at the destination. */

#include <stdlib.h>
#include <string.h>

#include "job/move_work.h"

static char *name_of(const struct bk_move_task *task)
{
	return bk_asprintf("%s (back)", task->name);
}

int bk_move_reverse_make(struct bk_move_reverse *out,
			 const struct bk_move_task *task, struct bk_err *err)
{
	struct bk_journal *journal = task->pair->journal;
	size_t n = 0;

	*out = (struct bk_move_reverse){
		.task = *task,
		.name = name_of(task),
	};
	if (bk_journal_reverse(journal, task->name, out->name, &out->folders,
			       err) < 0)
		return -1;
	out->items = bk_alloc((out->folders.n + 1) * sizeof(*out->items));
	for (size_t i = 0; i < out->folders.n; i++) {
		const struct bk_journal_folder *f = &out->folders.items[i];
		if (strcmp(f->from.name, f->to.name) != 0)
			out->items[n++] = (struct bk_folder_rule){f->to.name,
								  f->from.name};
	}
	out->rules = (struct bk_folder_rules){
		.items = out->items,
		.n = n,
		.delimiter = bk_move_end_delimiter(task->move->request->from),
	};
	out->task.name = out->name;
	out->task.reverse = true;
	out->task.rules = &out->rules;
	return 0;
}

int bk_move_reverse_forget(const struct bk_move_task *task, struct bk_err *err)
{
	char *name = name_of(task);

	int rc = bk_journal_account_drop(task->pair->journal, name, err);
	free(name);
	return rc;
}

void bk_move_reverse_clear(struct bk_move_reverse *reverse)
{
	bk_journal_folders_clear(&reverse->folders);
	free(reverse->items);
	free(reverse->name);
	*reverse = (struct bk_move_reverse){0};
}
