/*
 * What will keep backups from being made, or from being of use, as far as it
 * can be seen now: configuration, permissions, users, targets and servers, TLS,
 * clocks, space, the last runs.  Looks, and changes nothing.
 */

#ifndef BK_JOB_DOCTOR_H
#define BK_JOB_DOCTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "base/err.h"
#include "job/settings.h"

enum bk_finding_level {
	BK_FINDING_FINE,
	BK_FINDING_NOTE,  /* worth a thought */
	BK_FINDING_WRONG, /* to be mended */
};

struct bk_finding {
	enum bk_finding_level level;
	const char *check; /* "permissions", "tls", ... */
	const char *where; /* "target nas", "/etc/bk/main.key" */
	const char *what;
	const char *next; /* what to do; NULL: nothing */
};

struct bk_doctor {
	struct bk_settings *settings;
	bool writes; /* try a write at each place */
	void (*tell)(void *arg, const struct bk_finding *finding);
	void *arg;
	size_t wrong, notes, fine; /* so many were told */
};

/* Tells of everything, one finding after the other.  -1 only when it was asked
 * to stop. */
int bk_doctor_run(struct bk_doctor *doctor, struct bk_err *err);

#endif
