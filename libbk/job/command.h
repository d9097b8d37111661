/*
 * Commands for people to paste: with the options that the user gave for the
 * configuration and the repository, quoted for a shell.
 *
 *	bk_command_begin(&line, "ship push", &which, 0);
 *	bk_command_word(&line, "nas");
 */

#ifndef BK_JOB_COMMAND_H
#define BK_JOB_COMMAND_H

#include "base/buf.h"
#include "job/settings.h"

enum {
	BK_COMMAND_NAMED = 1 << 0, /* -r even where bk finds the repository
				      without it */
	BK_COMMAND_MAKES = 1 << 1, /* there are no keys yet: no --slot, no key
				      block */
};

/* "bk VERB -c FILE -r REPO -o KEY=VALUE --slot LABEL --password-from WHERE", of
 * that what was said and leads to this repository. */
void bk_command_begin(struct bk_buf *line, const char *verb,
		      const struct bk_repo_settings *which, unsigned flags);

/* " -r WHERE -o KEY=VALUE": where it lies and how it is reached, for a machine
 * that has no configuration. */
void bk_command_bare(struct bk_buf *line, const struct bk_repo_settings *which);

/* " WORD", quoted where it must be. */
void bk_command_word(struct bk_buf *line, const char *word);

#endif
