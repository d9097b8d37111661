/* What a set lacks somewhere: see set_gaps.h. */

#include "job/set_gaps.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "job/command.h"
#include "target/spread_mend.h"

struct telling {
	const struct bk_repo_settings *which;
	struct bk_progress *progress;
	const char *told[BK_SPREAD_MOST]; /* targets */
	size_t n;
};

static void tell(struct telling *telling, const char *target,
		 const struct bk_err *why)
{
	struct bk_buf line = {0};

	for (size_t i = 0; i < telling->n; i++)
		if (strcmp(telling->told[i], target) == 0)
			return;
	telling->told[telling->n++] = target;
	bk_command_begin(&line, "check", telling->which, 0);
	bk_buf_printf(&line, " --repair");
	bk_progress_item_error(
		telling->progress,
		&(struct bk_item_error){
			.kind = why->kind,
			.account = target,
			.text = why->text,
			.outcome = "the set is there and can be read, but is "
				   "degraded until that target has it, too",
			.next = bk_buf_text(&line),
		});
	bk_buf_clear(&line);
}

/* A listing that cannot be had is told as what it says. */
static void look(struct telling *telling, struct bk_spread *spread,
		 const char *folder, const char *set)
{
	const struct bk_spread_survey survey = {.folder = folder};
	struct bk_spread_faults faults = {0};
	struct bk_err why = {0};

	if (bk_spread_survey(spread, &survey, &faults, &why) < 0) {
		tell(telling, "the targets", &why);
		return;
	}
	for (size_t i = 0; i < faults.n; i++)
		if (strstr(faults.items[i].name, set))
			tell(telling, faults.items[i].where,
			     &faults.items[i].why);
	bk_spread_faults_clear(&faults);
}

size_t bk_set_gaps_tell(const struct bk_repo *repo,
			const struct bk_repo_settings *which,
			const uint8_t set[BK_ID_LEN],
			struct bk_progress *progress)
{
	struct telling telling = {.which = which, .progress = progress};
	struct bk_spread *spread = bk_spread_of(repo->target);
	struct bk_spread_gap gaps[BK_SPREAD_MOST];
	char hex[BK_ID_TEXT];

	if (!spread)
		return 0;
	unsigned n = bk_spread_missed(spread, gaps);
	for (unsigned i = 0; i < n; i++)
		tell(&telling, gaps[i].child, &gaps[i].why);
	char *folder = bk_asprintf("data/%s", bk_id_hex(hex, set));
	look(&telling, spread, folder, hex);
	look(&telling, spread, "sets", hex);
	free(folder);
	return telling.n;
}

void bk_set_gaps_warn(const struct bk_repo *repo, struct bk_progress *progress)
{
	struct bk_spread *spread = bk_spread_of(repo->target);
	struct bk_spread_gap gaps[BK_SPREAD_MOST];
	unsigned n = spread ? bk_spread_missed(spread, gaps) : 0;

	for (unsigned i = 0; i < n; i++) {
		char *text = bk_asprintf(
			"%s is not in use, the others are "
			"enough: %s",
			gaps[i].child, gaps[i].why.text);
		bk_progress_warning(progress, text);
		free(text);
	}
}
