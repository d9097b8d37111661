/* Spellings of a path: see bk_path_clean and bk_path_real in path.h. */

#include "base/path.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void add_levels(struct bk_buf *out, const char *path)
{
	while (*path) {
		size_t len = strcspn(path, "/");
		if (len && !(len == 1 && *path == '.'))
			bk_buf_printf(out, "/%.*s", (int)len, path);
		path += len;
		path += strspn(path, "/");
	}
}

char *bk_path_clean(const char *path)
{
	char here[PATH_MAX];
	struct bk_buf out = {0};

	if (*path != '/' && getcwd(here, sizeof(here)))
		add_levels(&out, here);
	add_levels(&out, path);
	char *clean = bk_strdup(out.len ? bk_buf_text(&out) : "/");
	bk_buf_clear(&out);
	return clean;
}

/* The path up to and with the level that ends at `len`, without links. */
static char *real_start(const char *path, size_t len)
{
	char *start = bk_strndup(path, len ? len : 1);
	char *real = strchr(start, '%') ? NULL : realpath(start, NULL);

	free(start);
	return real;
}

char *bk_path_real(const char *path)
{
	char *clean = bk_path_clean(path);
	size_t len = strlen(clean);
	char *real = real_start(clean, len);

	while (!real && len) {
		while (clean[--len] != '/')
			;
		real = real_start(clean, len);
	}
	if (real) {
		char *whole = bk_asprintf("%s%s", real, clean + len);
		free(real);
		real = bk_path_clean(whole);
		free(whole);
	}
	char *out = bk_strdup(real ? real : clean);
	free(real);
	free(clean);
	return out;
}
