/* By which command a finding is mended: see check_cure.h. */

#include "job/check_cure.h"

#include <stdlib.h>
#include <string.h>

#include "base/buf.h"
#include "base/quote.h"
#include "job/command.h"
#include "job/denied.h"
#include "job/sections.h"
#include "net/url.h"

#define NOWHERE  0

#define BRIEF_ID 16 /* digits of an identifier that tell sets apart */

/* A finding, and all that there is to know. */
struct ill {
	const struct bk_check_words *words;
	const struct bk_check_found *found;
	const struct bk_check_item *item;
	const char **outcome;
};

/* ---- who has a good copy ---- */

static bool has_any_whole(const struct bk_check_place *place)
{
	for (size_t i = 0; i < place->n_sets; i++)
		if (place->sets[i].whole)
			return true;
	return false;
}

static bool has_whole(const struct bk_check_place *place, const uint8_t *set)
{
	if (!place->reached)
		return false;
	if (bk_id_is_zero(set))
		return has_any_whole(place);
	const struct bk_check_set *its = bk_check_place_set(place, set);
	return its && its->whole;
}

/* A copy other than that place; or NOWHERE. */
static size_t donor(const struct ill *ill)
{
	for (size_t i = 1; i < ill->found->n_places; i++)
		if (i != ill->item->place &&
		    has_whole(&ill->found->places[i], ill->item->set))
			return i;
	return NOWHERE;
}

static size_t any_copy(const struct ill *ill)
{
	for (size_t i = 1; i < ill->found->n_places; i++)
		if (i != ill->item->place && ill->found->places[i].reached)
			return i;
	return NOWHERE;
}

/* ---- commands ---- */

static char *text_of(struct bk_buf *line)
{
	char *text = bk_strdup(bk_buf_text(line));

	bk_buf_clear(line);
	return text;
}

/* "bk ship VERB NAME --set SET --mend"; the set is left out where it is not
 * known. */
static void add_ship(struct bk_buf *line, const struct ill *ill,
		     const char *verb, size_t place, const char *flags)
{
	char hex[BK_ID_TEXT];

	bk_command_begin(line, verb, ill->words->which, 0);
	bk_command_word(line, ill->found->places[place].name);
	if (!bk_id_is_zero(ill->item->set))
		bk_buf_printf(line, " --set %.*s", BRIEF_ID,
			      bk_id_hex(hex, ill->item->set));
	bk_buf_printf(line, "%s", flags);
}

static const struct bk_check_set *known_set(const struct ill *ill)
{
	for (size_t i = 0; i < ill->found->n_places; i++) {
		const struct bk_check_set *set = bk_check_place_set(
			&ill->found->places[i], ill->item->set);
		if (set && set->store)
			return set;
	}
	return NULL;
}

/* Does the job write that store to this repository? */
static bool is_job_of(const struct bk_check_words *words,
		      const struct bk_conf_section *job, const char *store)
{
	const struct bk_conf *conf = &words->settings->conf;
	const char *its = bk_conf_value(job, "store");
	size_t n = 0;

	if (!bk_sections_job_writes(conf, job, words->which->name))
		return false;
	if (!its) {
		const struct bk_conf_section *only =
			bk_sections_only(conf, "store", &n);
		its = only ? only->name : NULL;
	}
	return !store || (its && strcmp(its, store) == 0);
}

/* The word by which `bk backup` knows the store; NULL: it needs none. */
static const char *job_or_store(const struct bk_check_words *words,
				const char *store)
{
	const struct bk_conf *conf = &words->settings->conf;
	const struct bk_conf_section *job = NULL;

	while ((job = bk_conf_next(conf, "job", job)))
		if (is_job_of(words, job, store))
			return job->name;
	return store;
}

char *bk_check_cure_full(const struct bk_check_words *words, const char *store)
{
	const char *word = job_or_store(words, store);
	struct bk_buf line = {0};

	bk_command_begin(&line, "backup", words->which, 0);
	if (word)
		bk_command_word(&line, word);
	bk_buf_printf(&line, " --full");
	return text_of(&line);
}

/* A copy gets what the new set is when that is shipped. */
static void add_full(struct bk_buf *line, const struct ill *ill)
{
	const struct bk_check_set *set = known_set(ill);
	char *full = bk_check_cure_full(ill->words, set ? set->store : NULL);

	bk_buf_printf(line, "%s", full);
	free(full);
	*ill->outcome =
		"no whole copy is known; a new full set has all that "
		"is in the store now";
}

/* May its own parity help, where no copy is whole? */
static bool may_mend_itself(const struct ill *ill)
{
	const struct bk_check_item *item = ill->item;
	const struct bk_check_set *set =
		bk_check_place_set(&ill->found->places[item->place], item->set);

	return set && set->parity && item->kind == BK_CORRUPT &&
	       !ill->words->repairing;
}

/* Without a copy. */
static void add_last_resort(struct bk_buf *line, const struct ill *ill)
{
	if (!may_mend_itself(ill)) {
		add_full(line, ill);
		return;
	}
	bk_command_begin(line, "check", ill->words->which, 0);
	bk_buf_printf(line, " --read-data --repair");
	*ill->outcome = "no whole copy is known; its parity may be enough";
}

/* ---- what is lacking or damaged ---- */

static char *cure_here(const struct ill *ill)
{
	struct bk_buf line = {0};
	size_t from = donor(ill);

	if (from != NOWHERE)
		add_ship(&line, ill, "ship pull", from, " --mend");
	else
		add_last_resort(&line, ill);
	return text_of(&line);
}

static char *cure_there(const struct ill *ill)
{
	struct bk_buf line = {0};
	size_t from = NOWHERE;

	if (!has_whole(&ill->found->places[0], ill->item->set)) {
		from = donor(ill);
		if (from == NOWHERE) {
			add_last_resort(&line, ill);
			return text_of(&line);
		}
		add_ship(&line, ill, "ship pull", from, " --mend");
		bk_buf_printf(&line, " && ");
	}
	add_ship(&line, ill, "ship push", ill->item->place, " --mend");
	return text_of(&line);
}

static char *cure_copy(const struct ill *ill)
{
	return ill->item->place ? cure_there(ill) : cure_here(ill);
}

/* Everything that lacks there, in one command for all such findings. */
static char *cure_ship(const struct ill *ill)
{
	struct bk_buf line = {0};

	bk_command_begin(&line, "ship push", ill->words->which, 0);
	bk_command_word(&line, ill->found->places[ill->item->place].name);
	return text_of(&line);
}

static char *cure_fetch(const struct ill *ill)
{
	struct bk_buf line = {0};

	add_ship(&line, ill, "ship pull", ill->item->place, "");
	return text_of(&line);
}

/* ---- single files ---- */

static char *path_of(const struct ill *ill)
{
	const char *where = ill->found->places[ill->item->place].where;

	return bk_asprintf("%s/%s", where, ill->item->file);
}

/* No tool of ours takes away what it did not put. */
static char *cure_remove(const struct ill *ill)
{
	const struct bk_check_place *place =
		&ill->found->places[ill->item->place];
	struct bk_buf line = {0};

	if (bk_url_is(place->where) || !*ill->item->file) {
		*ill->outcome = "take that file away";
		return NULL;
	}
	char *path = path_of(ill);
	bk_buf_printf(&line, "rm");
	bk_command_word(&line, path);
	free(path);
	return text_of(&line);
}

/* Slots go along with whatever is shipped. */
static char *cure_slot(const struct ill *ill)
{
	struct bk_buf line = {0};
	size_t from = any_copy(ill);

	if (ill->item->place) {
		add_ship(&line, ill, "ship push", ill->item->place, " --mend");
		return text_of(&line);
	}
	if (from != NOWHERE) {
		add_ship(&line, ill, "ship pull", from, " --mend");
		return text_of(&line);
	}
	*ill->outcome =
		"the password or key of this slot opens nothing; make "
		"another one";
	char *remove = cure_remove(ill);
	if (remove)
		bk_buf_printf(&line, "%s && ", remove);
	free(remove);
	bk_command_begin(&line, "key add", ill->words->which, 0);
	bk_command_word(&line, "new");
	return text_of(&line);
}

/* A target that is away lacks whatever was put meanwhile. */
static char *cure_spread(const struct ill *ill)
{
	struct bk_buf line = {0};

	if (ill->words->repairing) {
		*ill->outcome = "it is mended when that target is there again";
		return NULL;
	}
	bk_command_begin(&line, "check", ill->words->which, 0);
	bk_buf_printf(&line, "%s --repair",
		      ill->item->kind == BK_CORRUPT ? " --read-data" : "");
	return text_of(&line);
}

static char *cure_of(const struct ill *ill)
{
	switch (ill->item->cure) {
	case BK_CURE_COPY:
		return cure_copy(ill);
	case BK_CURE_SHIP:
		return cure_ship(ill);
	case BK_CURE_FETCH:
		return cure_fetch(ill);
	case BK_CURE_REMOVE:
		return cure_remove(ill);
	case BK_CURE_SLOT:
		return cure_slot(ill);
	case BK_CURE_HOLD:
		*ill->outcome =
			"it holds or condemns nothing as it is; put a "
			"good copy of it back";
		return NULL;
	case BK_CURE_SPREAD:
		return cure_spread(ill);
	case BK_CURE_AGAIN:
		return ill->words->again ? bk_strdup(ill->words->again) : NULL;
	}
	return NULL;
}

char *bk_check_cure(const struct bk_check_words *words,
		    const struct bk_check_found *found,
		    const struct bk_check_item *item, const char **outcome)
{
	const struct ill ill = {words, found, item, outcome};
	struct bk_err why = {.kind = item->kind};

	*outcome = NULL;
	(void)bk_fail(&why, item->kind, "%s", item->text);
	if (bk_is_denied(&why)) {
		*outcome = bk_denied_next(true, BK_PLACE_REPO, NULL);
		return NULL;
	}
	return words ? cure_of(&ill) : NULL;
}
