/* A repository for one test: keys and a local folder, without marker, slots
 * and scrypt.  Every helper fails the test. */

#ifndef BK_TESTS_TESTREPO_H
#define BK_TESTS_TESTREPO_H

#include "base/buf.h"
#include "base/err.h"
#include "lib/scratch.h"
#include "repo/repo.h"

struct testrepo {
	struct scratch scratch;
	struct bk_repo repo; /* its target is the folder "repo" */
};

void testrepo_make(struct testrepo *t);
void testrepo_drop(struct testrepo *t);

/* Fails the test with the error's text if rc is negative. */
void testrepo_done(int rc, const struct bk_err *err);

/* The files below a folder of the repository ("" for all), a line each. */
void testrepo_files(const struct testrepo *t, const char *folder,
		    struct bk_buf *out);

/* How many unfinished files lie in it. */
unsigned testrepo_parts(const struct testrepo *t);

/* Changes one byte of a file, or cuts it to `len` bytes. */
void testrepo_flip(const struct testrepo *t, const char *name, size_t at,
		   uint8_t mask);
void testrepo_cut(const struct testrepo *t, const char *name, size_t len);
void testrepo_remove(const struct testrepo *t, const char *name);

#endif
