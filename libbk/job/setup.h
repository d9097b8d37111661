/*
 * The dialogue of bk init: from a host with mail to a job that runs by itself.
 * All questions come first.  Nothing is made before the last one is answered,
 * but for a file at each target, which goes again.
 */

#ifndef BK_JOB_SETUP_H
#define BK_JOB_SETUP_H

#include <stdio.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/settings.h"
#include "report/ask.h"

/*
 * Asks, writes the configuration to `config` (atomically, 0600; the one that
 * was there is kept as CONFIG.old, if that is what the person says), makes the
 * repository, its key slots and a key block, has the job started at its times,
 * and prints the recovery sheet to `sheet`.
 *
 * BK_MISUSE where the answers end early or say no, and then nothing was made.
 * What fails after the last question names what is there already.
 */
int bk_setup_run(const struct bk_settings *settings, const char *config,
		 const struct bk_ask *ask, FILE *sheet,
		 struct bk_outcome *outcome, struct bk_err *err);

#endif
