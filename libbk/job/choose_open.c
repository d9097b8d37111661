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

/* Named by all of its identifier, a set needs no list to be found. */
static bool is_named(const struct bk_choice *choice, uint8_t id[BK_ID_LEN])
{
	return choice->word && !choice->host && !choice->store &&
	       choice->at == BK_NO_TIME && bk_id_parse(choice->word, id);
}

int bk_choose_and_open(struct bk_set **out, const struct bk_repo *repo,
		       const struct bk_choice *choice,
		       struct bk_outcome *outcome, struct bk_err *err)
{
	const struct bk_set_info *info = NULL;
	struct bk_set_info_list sets = {0};
	struct bk_err ignored = {0};
	uint8_t id[BK_ID_LEN];

	outcome->place = BK_PLACE_SET;
	if (is_named(choice, id) && bk_set_open(out, repo, id, &ignored) == 0)
		return 0;
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
