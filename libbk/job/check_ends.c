/* What a check looks at: see check_ends.h. */

#include "job/check_ends.h"

#include <stdlib.h>
#include <string.h>

#include "job/command.h"
#include "job/resolve.h"
#include "job/sections.h"

void bk_check_ends_clear(struct bk_check_ends *ends)
{
	free(ends->copies);
	bk_names_clear(&ends->names);
	*ends = (struct bk_check_ends){0};
}

/* How the copies are reached, their sections say. */
static int add_copy(struct bk_check_ends *ends, struct bk_settings *settings,
		    const char *name, struct bk_err *err)
{
	const struct bk_common *said = settings->common;
	struct bk_common bare = *said;
	struct bk_target_settings target;

	bare.target_options = (struct bk_opt_list){0};
	settings->common = &bare;
	int rc = bk_settings_target(settings, name, &target, err);
	settings->common = said;
	if (rc < 0)
		return -1;
	ends->copies[ends->n++] = (struct bk_check_copy){
		.name = target.name,
		.where = target.where,
		.reach = target.reach,
	};
	return 0;
}

static int add_copies(struct bk_check_ends *ends, struct bk_settings *settings,
		      const struct bk_conf_section *job, struct bk_err *err)
{
	bk_sections_ship(&settings->conf, ends->from.name, job, &ends->names);
	ends->copies = bk_alloc((ends->names.n + 1) * sizeof(*ends->copies));
	for (size_t i = 0; i < ends->names.n; i++)
		if (add_copy(ends, settings, ends->names.items[i], err) < 0)
			return -1;
	return 0;
}

static void say_again(struct bk_check_ends *ends, struct bk_settings *settings,
		      const char *word)
{
	struct bk_buf line = {0};

	bk_command_begin(&line, "check", &ends->from, 0);
	if (word)
		bk_command_word(&line, word);
	ends->again = bk_arena_strdup(&settings->arena, bk_buf_text(&line));
	bk_buf_clear(&line);
}

int bk_check_ends_find(struct bk_check_ends *out, struct bk_settings *settings,
		       const char *word, bool with_targets, struct bk_err *err)
{
	const struct bk_conf_section *job = NULL;

	if (word && strchr(word, '%'))
		return bk_fail(err, BK_MISUSE,
			       "'%s' is no set; a share is written as one "
			       "word: --read-data=%s",
			       word, word);
	if (word && strcmp(word, "latest") != 0)
		job = bk_conf_find(&settings->conf, "job", word);
	if (!job)
		out->set = word;
	if (bk_settings_find_repo(settings,
				  job ? bk_conf_value(job, "repo") : NULL,
				  &out->from, err) < 0)
		return -1;
	out->from.reach.cache = NULL; /* what lies there is to be proved */
	say_again(out, settings, word);
	return with_targets ? add_copies(out, settings, job, err) : 0;
}
