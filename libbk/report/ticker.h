/* A thread that does something now and then: what draws a display, so that
 * the work itself never has to. */

#ifndef BK_REPORT_TICKER_H
#define BK_REPORT_TICKER_H

struct bk_ticker;

/* Calls tick(data) every interval_ms from a thread of its own, which takes no
 * signals, for the first time after one interval.  NULL when no thread could
 * be made: then it never ticks. */
struct bk_ticker *bk_ticker_start(unsigned interval_ms,
				  void (*tick)(void *data), void *data);

/* Waits for a tick under way; there is none afterwards.  NULL is fine.  The
 * caller may hold no lock that tick takes. */
void bk_ticker_stop(struct bk_ticker *ticker);

#endif
