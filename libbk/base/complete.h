/*
 * Completion of what is being typed.  The shells know nothing of options: a
 * few lines of theirs (bk_complete_script) call the tool itself with
 * --complete and the words so far, and it answers from its option table, so
 * that a completion is never older than its tool.
 */

#ifndef BK_BASE_COMPLETE_H
#define BK_BASE_COMPLETE_H

#include <stddef.h>
#include <stdio.h>

#include "base/err.h"
#include "base/opt.h"

/*
 * Prints a line for each word that may stand in place of the last of `typed`
 * (which is "" after a blank), or in place of what is behind the '=' of
 * "--word=...", alone or with a tab and an explanation; ":files" and ":dirs"
 * stand for names in the file system.  For words that only the
 * configuration or a repository knows, `words` is called with their kind,
 * "STORE" or "SET".  What does not fit what was typed may be among them: the
 * shell chooses.
 */
void bk_complete(const struct bk_tool *tool, char *const *typed, size_t n,
		 void (*words)(void *data, const char *kind, FILE *out),
		 void *data, FILE *out);

/* The shell's part for one tool: "bash", "zsh", "fish"; else BK_MISUSE. */
int bk_complete_script(const char *tool, const char *shell, FILE *out,
		       struct bk_err *err);

#endif
