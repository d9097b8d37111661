/*
 * Fault points: places where a test pulls the plug.  In the tools that the
 * Makefile puts into cut/, every bk_fault("sync: step taken, not recorded")
 * counts, and the process ends at once, as after kill -9, with status 99 at the
 * BK_FAULT_AT'th.  In all others it is nothing.
 *
 *	BK_FAULT_AT=N     end at the Nth place passed, from 1; 0 or unset: never
 *	BK_FAULT_STOP=P   stop at the first place called P, until SIGCONT
 *	BK_FAULT_LIST=1   print "fault N: place" to stderr at each
 *
 * So a loop over N, until the status is no longer 99, cuts a run everywhere.
 */

#ifndef BK_BASE_FAULT_H
#define BK_BASE_FAULT_H

#define BK_FAULT_STATUS 99

#ifdef BK_FAULT
#define bk_fault(place) bk_fault_pass(place)
#else
#define bk_fault(place) ((void)0)
#endif

/* What is behind bk_fault(), in every build so that it is tested in every
 * build; any thread may call it.  The environment is read at the first call;
 * a BK_FAULT_AT that is no number aborts, for a test that cuts nowhere would
 * pass. */
void bk_fault_pass(const char *place);

#endif
