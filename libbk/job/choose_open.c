/* Choosing a set in a repository, and opening it: see choose.h. */

#include "job/choose.h"

const char *bk_choice_usual_store(const struct bk_settings *settings)
{
	const struct bk_conf *conf = &settings->conf;
	const struct bk_conf_section *first = bk_conf_next(conf, "store", NULL);

	if (!first || bk_conf_next(conf, "store", first))
		return NULL;
	return first->name;
}

/* What is missing now was there when the set was made. */
static int open_set(struct bk_set **out, const struct bk_repo *repo,
		    const struct bk_set_info *info, struct bk_err *err)
{
	if (bk_set_open(out, repo, info->id, err) == 0)
		return 0;
	if (err->kind == BK_GONE)
		err->kind = BK_CORRUPT;
	return -1;
}

int bk_choose_and_open(struct bk_set **out, const struct bk_repo *repo,
		       const struct bk_choice *choice,
		       struct bk_outcome *outcome, struct bk_err *err)
{
	const struct bk_set_info *info = NULL;
	struct bk_set_info_list sets = {0};

	outcome->place = BK_PLACE_REPO;
	int rc = bk_sets_list(repo, &sets, err);
	if (rc == 0) {
		outcome->place = BK_PLACE_SET;
		rc = bk_choose_set(&sets, choice, repo->host, &info, err);
	}
	if (rc == 0)
		rc = open_set(out, repo, info, err);
	bk_set_info_list_clear(&sets);
	return rc;
}
