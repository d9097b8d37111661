/* A move from a set: see move_set.h. */

#include "job/move_set.h"

int bk_move_set_open(struct bk_move_set *out, struct bk_settings *settings,
		     struct bk_choice *choice, struct bk_outcome *outcome,
		     struct bk_err *err)
{
	struct bk_repo_settings which = {0};

	choice->store = bk_settings_store_name(settings, choice->store);
	choice->usual_store = bk_choice_usual_store(settings);
	if (bk_settings_repo(settings, &which, err) < 0 ||
	    bk_opened_open(&out->opened, settings, &which, BK_OPEN_READ,
			   outcome, err) < 0 ||
	    bk_choose_and_open(&out->set, out->opened.repo, choice, outcome,
			       err) < 0)
		return -1;
	const struct bk_set_level *top = &out->set->levels[0];
	bk_set_name(out->label, top->id, top->root.kind);
	out->store = top->root.store_name;
	return 0;
}

void bk_move_set_close(struct bk_move_set *set)
{
	bk_set_close(set->set);
	bk_opened_close(&set->opened);
	*set = (struct bk_move_set){0};
}
