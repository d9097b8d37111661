/*
 * Proving that a repository is whole, and every copy of it: every set, or one.
 *
 *	always        roots, signatures, chains, presence and lengths of all
 *	              files, sums of index, manifest and table, rows and block
 *	              tables of packs, every row of every folder against the
 *	              sums of the state, every reference against the packs,
 *	              intents, trash lists and holds
 *	--read-data   every pack byte by byte, every chunk against its
 *	              identifier, indexes against packs, and every message put
 *	              together and compared with its digest, each once
 *	--read-data=N%  that share of the packs, another one in each run
 *	              (job/check_sample.h)
 *
 * With repair everything is looked at first, in silence; then what can be
 * mended is, and told; and what is told and returned in the end is what a check
 * finds after that.
 *
 * It never stops at the first finding, nor at the first place that cannot be
 * reached, and says of each finding by which command it is mended.
 */

#ifndef BK_JOB_CHECK_H
#define BK_JOB_CHECK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "job/choose.h"
#include "job/exit.h"
#include "job/settings.h"
#include "repo/repo.h"
#include "sync/progress.h"
#include "target/reach.h"

#define BK_CHECK_ALL 1000000u /* read_ppm: every pack */

/* Where sets are shipped to. */
struct bk_check_copy {
	const char *name;  /* for people, and for commands */
	const char *where; /* a path or a URL */
	struct bk_reach reach;
};

/* What the commands are made of that findings are mended by. */
struct bk_check_words {
	struct bk_settings *settings;
	const struct bk_repo_settings *which;
	const char *again; /* this very check, as a command */
	bool repairing;    /* what parity gives back was mended already */
};

struct bk_check_request {
	const struct bk_repo *repo;
	const struct bk_choice *choice; /* NULL: every set */
	const char *state_dir;          /* what this host remembers; or NULL */
	uint32_t read_ppm;              /* share of the packs; 0: none */
	unsigned threads;
	const struct bk_check_copy *copies; /* opened with the keys of `repo` */
	size_t n_copies;
	const struct bk_check_words *words; /* NULL: no commands are told */
	bool repair;  /* mend what can be (job/check_repair.h), and check again
		       */
	bool dry_run; /* repair: only say what could be mended */
	const char *store; /* repair: where lost mail is looked for; NULL: in
			      the stores that the sets are of */
};

/*
 * 0 when nothing is wrong, or when sets lack somewhere and all that is there is
 * whole: then the outcome says BK_ENDING_INCOMPLETE.  BK_CORRUPT when something
 * is damaged anywhere; else the error of the first place that could not be
 * reached.  All findings were told to `progress` (NULL: nobody) by then.
 */
int bk_check_run(const struct bk_check_request *request,
		 struct bk_progress *progress, struct bk_outcome *outcome,
		 struct bk_err *err);

#endif
