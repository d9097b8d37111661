/* The words that only the configuration or a repository knows, for shells. */

#ifndef BK_JOB_WORDS_H
#define BK_JOB_WORDS_H

#include "base/opt.h"

/* Answers `bk-list --complete WORD...` on stdout (base/complete.h), with the
 * configuration and the repository that the words name so far.  Sets and
 * accounts are asked of bk-list, which then takes this process over. */
void bk_words_complete(const struct bk_tool *tool, int argc, char **argv);

#endif
