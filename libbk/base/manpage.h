/* The OPTIONS of a manual page from the table of options. */

#ifndef BK_BASE_MANPAGE_H
#define BK_BASE_MANPAGE_H

#include <stdio.h>

#include "base/opt.h"

/* The section in mdoc, between two comments by which it is found again in a
 * page that is otherwise written by hand. */
void bk_manpage_options(const struct bk_tool *tool, FILE *out);

#endif
