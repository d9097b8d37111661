/* The mail that the administrator gets at the end of a move. */

#ifndef BK_JOB_MOVE_MAIL_H
#define BK_JOB_MOVE_MAIL_H

#include "job/move_work.h"

/*
 * Tells whoever is to be told what came of each account: what needs a person
 * first, then the summary, the accounts, and what was not carried over.  `why`
 * is what ended the run, or NULL.  What becomes of the mail is told in the log;
 * the move is what it is.
 */
void bk_move_mail(struct bk_move *move, const struct bk_err *why);

#endif
