/*
 * Proving that a repository is whole: every set, or one.
 *
 *	always        roots, signatures, chains, presence and lengths of all
 *	              files, sums of index, manifest and table, rows and block
 *	              tables of packs, every row of every folder against the
 *	              sums of the state, every reference against the packs,
 *	              intents, trash lists and holds
 *	--read-data   every pack byte by byte, every chunk against its
 *	              identifier, indexes against packs, and every message put
 *	              together and compared with its digest, each once
 *	--read-data=N%  that share of the packs, another one each day
 *
 * It never stops at the first finding.
 */

#ifndef BK_JOB_CHECK_H
#define BK_JOB_CHECK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/choose.h"
#include "job/exit.h"
#include "repo/repo.h"
#include "sync/progress.h"

struct bk_check_request {
	const struct bk_repo *repo;
	const struct bk_choice *choice; /* NULL: every set */
	const char *state_dir;          /* what this host remembers; or NULL */
	uint32_t read_ppm;              /* share of the packs; 0: none */
	unsigned threads;
};

/* 0 when nothing is wrong; BK_CORRUPT when something is, after all findings
 * were told to `progress` (NULL: nobody). */
int bk_check_run(const struct bk_check_request *request,
		 struct bk_progress *progress, struct bk_outcome *outcome,
		 struct bk_err *err);

#endif
