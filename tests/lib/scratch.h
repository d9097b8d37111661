/* A folder for one test, and files in it.  Every helper fails the test. */

#ifndef BK_TESTS_SCRATCH_H
#define BK_TESTS_SCRATCH_H

#include <stdbool.h>
#include <sys/types.h>

struct scratch {
	char path[64];
	int dir;
};

void scratch_make(struct scratch *scratch);
void scratch_drop(struct scratch *scratch); /* with everything in it */

/* `name` is a path from the scratch folder; parents are made. */
void scratch_dir(const struct scratch *scratch, const char *name);
void scratch_file(const struct scratch *scratch, const char *name,
		  const char *text);
void scratch_link(const struct scratch *scratch, const char *name,
		  const char *target);
bool scratch_has(const struct scratch *scratch, const char *name);
/* The text of a file; the caller frees it.  NULL when it is not there. */
char *scratch_text(const struct scratch *scratch, const char *name);
/* Sets when a file or folder changed last, in seconds. */
void scratch_age(const struct scratch *scratch, const char *name,
		 long long seconds);
/* cur, new and tmp in `name`, "." for the scratch folder itself. */
void scratch_maildir(const struct scratch *scratch, const char *name);

#endif
