/* Finding and running another tool: see exec.h. */

#include "job/exec.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"

/* "/usr/bin/bk-list" for "bk-list", if we are /usr/bin/bk; NULL if nothing is
 * known of it.  The caller frees it. */
static char *beside(const char *tool)
{
	char own[PATH_MAX];

	ssize_t len = readlink("/proc/self/exe", own, sizeof(own) - 1);
	if (len <= 0)
		return NULL;
	own[len] = 0;
	char *slash = strrchr(own, '/');
	if (!slash)
		return NULL;
	return bk_asprintf("%.*s/%s", (int)(slash - own), own, tool);
}

int bk_exec_tool(const char *name, char **argv, struct bk_err *err)
{
	/* A name is no path, and no way to run something else. */
	if (*name == 0 || strchr(name, '/'))
		return bk_fail(err, BK_GONE, "there is no tool '%s'", name);

	char *tool = bk_asprintf("bk-%s", name);
	char *path = beside(tool);
	char *had = argv[0];
	argv[0] = tool;
	(void)fflush(stdout);
	if (path)
		(void)execv(path, argv);
	if (!path || errno == ENOENT)
		(void)execvp(tool, argv);
	if (errno == ENOENT)
		bk_fail(err, BK_GONE, "there is no tool '%s'", name);
	else
		bk_fail_errno(err, "%s", tool);
	argv[0] = had;
	free(path);
	free(tool);
	return -1;
}
