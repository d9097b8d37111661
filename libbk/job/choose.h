/*
 * Which set is meant: by `latest`, its identifier or the beginning of one, its
 * time, or a moment that it must not be later than.
 *
 * Only a person can settle a doubt, so nothing is guessed: where more than one
 * set fits, the error lists them; where `latest` would be a set that does not
 * open, that set is the answer, and opening it says what is wrong with it.
 */

#ifndef BK_JOB_CHOOSE_H
#define BK_JOB_CHOOSE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/exit.h"
#include "job/settings.h"
#include "repo/repo.h"
#include "repo/set.h"

#define BK_NO_TIME   INT64_MIN
#define BK_SET_LABEL 24 /* room for "20261119T1230-d" */

struct bk_choice {
	const char *word;        /* SET as it was typed; NULL: latest */
	const char *host;        /* --host: a name, or the beginning of an
				    identifier; NULL: this one */
	const char *store;       /* --store: a name; NULL: the only one */
	const char *usual_store; /* where there are several, before asking:
				    the configuration's; or NULL */
	int64_t at;              /* --at, UTC seconds; BK_NO_TIME: not given */
};

/*
 * The set that is meant, of those listed, for the host with that identifier
 * (a host without sets here, or zero, means the only one that has some).
 * BK_GONE when there is none, with the nearest; BK_MISUSE when more than one
 * fits, with their list, and for words that can be no set.
 */
int bk_choose_set(const struct bk_set_info_list *sets,
		  const struct bk_choice *choice, const uint8_t host[BK_ID_LEN],
		  const struct bk_set_info **out, struct bk_err *err);

/* The name of the only store that is configured, or NULL. */
const char *bk_choice_usual_store(const struct bk_settings *settings);

/* May the set be listed, by --host and --store?  One that does not open may. */
bool bk_choice_takes(const struct bk_choice *choice,
		     const struct bk_set_info *info);

/* Lists, chooses and opens; outcome->place is right for whatever failed.  A set
 * whose base or files are missing is BK_CORRUPT. */
int bk_choose_and_open(struct bk_set **out, const struct bk_repo *repo,
		       const struct bk_choice *choice,
		       struct bk_outcome *outcome, struct bk_err *err);

/* "20261119T1230-d" in `out`, which is returned. */
const char *bk_set_label(char out[BK_SET_LABEL], const uint8_t id[BK_ID_LEN],
			 enum bk_set_kind kind);

/* Is the word a beginning of its time, as "20261119T1230" or
 * "20261119T1230-d"? */
bool bk_set_time_begins(const struct bk_set_info *info, const char *word);

/* The shortest word in `out`, which is returned, that chooses this set and no
 * other one of the list: the label, or with seconds, or the beginning of its
 * identifier. */
const char *bk_set_word(char out[BK_SET_LABEL],
			const struct bk_set_info_list *sets,
			const struct bk_set_info *info);

/* The name of a set's host in `out`, which is returned; its identifier where
 * it has no name. */
const char *bk_set_host(char out[BK_ID_TEXT], const struct bk_root *root);

#endif
