/* The hex dumps of bk-format(5) as bytes: what the manual shows is what the
 * code reads and writes. */

#ifndef BK_TESTS_MANUAL_H
#define BK_TESTS_MANUAL_H

#include "base/buf.h"

/*
 * Appends to *out the first dump below the line that begins with `section`
 * (".Ss Pack table") and, unless it is NULL, below a line behind that one that
 * begins with `label` ("Rows:").  The test fails if there is none.  Tests run
 * in the top folder of the tree.
 */
void manual_dump(const char *section, const char *label, struct bk_buf *out);

/* The same of a signed file, its records alone. */
void manual_records(const char *section, const char *label, struct bk_buf *out);

#endif
