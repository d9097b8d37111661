/* How a server is reached, asked key by key; for job/setup*.c. */

#ifndef BK_JOB_SETUP_OPTIONS_H
#define BK_JOB_SETUP_OPTIONS_H

#include "base/buf.h"
#include "base/err.h"
#include "report/ask.h"

/* Appends "KEY = VALUE" lines of a section of that type, each checked as in
 * the file; an empty answer ends them.  `such`: "password=file:PATH", what is
 * often said. */
int bk_setup_ask_options(const struct bk_ask *ask, const char *type,
			 const char *such, struct bk_buf *out,
			 struct bk_err *err);

#endif
