/* What was said of a move on the command line, made into its request. */

#ifndef BK_JOB_MOVE_WORDS_H
#define BK_JOB_MOVE_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/opt.h"
#include "job/choose.h"
#include "job/exit.h"
#include "job/move.h"
#include "job/move_set.h"
#include "job/move_tos.h"
#include "job/settings.h"

/* The options; {0} is nothing said but for the numbers. */
struct bk_move_words {
	const char *from, *to;
	struct bk_opt_list from_options, to_options;
	struct bk_opt_list accounts, domains, maps;
	const char *accounts_file, *identities, *stages, *as, *into;
	const char *front;          /* a server */
	const char *route, *reason; /* routes; what who logs in is told */
	const char *notify;         /* addresses */
	const char *notify_users;   /* before,after */
	const char *from_set;       /* instead of the source's own mail */
	struct bk_choice choice;    /* of that set; .at: BK_NO_TIME */
	int64_t until_delta_ms;     /* BK_MOVE_UNSAID */
	int64_t cutover_at;         /* UTC seconds; 0: at once */
	uint64_t max_passes;        /* 0: as usual */
	uint64_t bad_items;
	uint32_t error_stop_ppm; /* BK_MOVE_STOP_UNSAID */
	bool no_special_use, views, keep_deleted, full, bodies, no_extra;
	bool mail_only;
	bool leave_some;
};
#define BK_MOVE_STOP_UNSAID UINT32_MAX
#define BK_MOVE_UNSAID      (-1)
void bk_move_words_clear(struct bk_move_words *words);

/* A request, and what it points to. */
struct bk_move_order {
	struct bk_move_request request;
	struct bk_move_end from, front;
	struct bk_move_tos to;
	struct bk_move_set set;
	struct bk_filter only;
	struct bk_folder_rules rules;
	struct bk_folder_rule *rule_items; /* owned */
	struct bk_notify_settings notify;
	struct bk_letter_settings letters;
	bool data, account; /* stages */
	struct bk_buf command, stages, selection;
};

/* `verb`: "plan" and so on, or NULL.  BK_MISUSE; with a set, all that opening
 * one says, and outcome->place.  The settings, whose common options count too,
 * and the words, whose choice is completed, outlive it; it stays where it is.
 */
int bk_move_order_make(struct bk_move_order *out, struct bk_settings *settings,
		       struct bk_move_words *words, const char *verb,
		       struct bk_outcome *outcome, struct bk_err *err);
void bk_move_order_clear(struct bk_move_order *order);

#endif
