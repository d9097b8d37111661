/* What became of one account of a move, in a line for people. */

#ifndef BK_REPORT_MOVE_LINE_H
#define BK_REPORT_MOVE_LINE_H

#include <stdbool.h>
#include <stdio.h>

#include "sync/progress.h"

/* "ann@a.example: complete | 2,000 messages: 1,995 copied, 5 there already |
 * 120 MiB in 3.1s | moved, held for 1.4s"; what is zero and no news is left
 * out. */
void bk_move_print(const struct bk_move_report *report, bool color, FILE *out);

/* "complete", "put-off" and so on, for programs. */
const char *bk_move_state_word(enum bk_move_state state);

/* "moved" and so on, for programs and tables; "" for NOT_TRIED. */
const char *bk_move_cutover_word(enum bk_cutover_end end);

#endif
