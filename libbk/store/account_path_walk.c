/* Finding the accounts that a pattern can name: see account_path.h. */

#include "store/account_path_walk.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"

/* A path so far, and what the variables on it turned out to be. */
struct branch {
	const char *path;  /* below the fixed part, "" at its top */
	const char *of[3]; /* u, n, d; NULL while unknown */
};

struct branches {
	struct branch *items;
	size_t n, cap;
};

struct walk {
	const struct bk_account_path *pattern;
	struct bk_arena arena;
	int prefix;
};

static void add_branch(struct branches *list, const struct branch *branch)
{
	list->items = bk_array_room(list->items, list->n, &list->cap,
				    sizeof(*list->items));
	list->items[list->n++] = *branch;
}

static size_t index_of(char variable)
{
	return variable == 'u' ? 0 : variable == 'n' ? 1 : 2;
}

/* Where in `name` the value of part i ends. */
static size_t value_length(const struct bk_account_path_level *level, size_t i,
			   const char *name)
{
	const struct bk_account_path_part *part = &level->parts[i];
	size_t len = strlen(name);

	if (part->width)
		return part->width < len ? part->width : len;
	if (i + 1 == level->n)
		return len;
	/* Up to where the text behind it is found for the last time: the
	 * domain of "%n@%d" holds no '@'. */
	const char *text = level->parts[i + 1].text;
	const char *last = NULL;
	for (const char *p = name; (p = strstr(p, text)); p++)
		last = p;
	return last ? (size_t)(last - name) : len;
}

/* Takes the variables of a level out of a name.  Whether the name fits is
 * found out in the end, by expanding the pattern again. */
static bool capture(struct walk *walk,
		    const struct bk_account_path_level *level, const char *name,
		    struct branch *branch)
{
	for (size_t i = 0; i < level->n; i++) {
		const struct bk_account_path_part *part = &level->parts[i];
		if (part->text) {
			size_t len = strlen(part->text);
			if (strncmp(name, part->text, len) != 0)
				return false;
			name += len;
			continue;
		}
		size_t len = value_length(level, i, name);
		if (!len)
			return false;
		if (!part->width && !part->skip)
			branch->of[index_of(part->variable)] =
				bk_arena_strndup(&walk->arena, name, len);
		name += len;
	}
	return !*name;
}

static const char *join(struct bk_arena *arena, const char *path,
			const char *name)
{
	char *joined =
		*path ? bk_asprintf("%s/%s", path, name) : bk_strdup(name);
	const char *copy = bk_arena_strdup(arena, joined);

	free(joined);
	return copy;
}

static bool is_variable(const struct bk_account_path_level *level)
{
	return level->n > 1 || level->parts[0].variable;
}

static bool may_be_account(const struct walk *walk, const struct dirent *entry)
{
	if (entry->d_type != DT_DIR && entry->d_type != DT_LNK &&
	    entry->d_type != DT_UNKNOWN && !walk->pattern->files)
		return false;
	return entry->d_name[0] != '.' &&
	       strcmp(entry->d_name, "lost+found") != 0;
}

/* NULL and no error when there is no such folder. */
static DIR *open_branch(struct walk *walk, const struct branch *branch,
			bool *failed, struct bk_err *err)
{
	struct bk_err why = {0};
	int at = bk_path_enter(walk->prefix, *branch->path ? branch->path : ".",
			       &why);
	int fd =
		at < 0 ? -1
		       : bk_path_open(at, ".", O_RDONLY | O_DIRECTORY, 0, &why);
	DIR *dir = fd < 0 ? NULL : fdopendir(fd);

	bk_path_close(&at);
	if (fd >= 0 && !dir)
		(void)close(fd);
	if (dir || why.kind == BK_GONE)
		return dir;
	*err = why;
	bk_context(err, "%s/%s", walk->pattern->prefix, branch->path);
	*failed = true;
	return NULL;
}

static int grow_branch(struct walk *walk,
		       const struct bk_account_path_level *level,
		       const struct branch *branch, struct branches *out,
		       struct bk_err *err)
{
	bool failed = false;

	if (!is_variable(level)) {
		struct branch next = *branch;
		next.path =
			join(&walk->arena, branch->path, level->parts[0].text);
		add_branch(out, &next);
		return 0;
	}
	DIR *dir = open_branch(walk, branch, &failed, err);
	if (!dir)
		return failed ? -1 : 0;
	struct dirent *entry;
	while ((errno = 0, entry = readdir(dir))) {
		struct branch next = *branch;
		if (!may_be_account(walk, entry) ||
		    !capture(walk, level, entry->d_name, &next))
			continue;
		next.path = join(&walk->arena, branch->path, entry->d_name);
		add_branch(out, &next);
	}
	int rc = errno ? bk_fail_errno(err, "%s/%s", walk->pattern->prefix,
				       branch->path)
		       : 0;
	(void)closedir(dir);
	return rc;
}

static const char *address_of(struct walk *walk, const struct branch *branch)
{
	const char *user = branch->of[0];
	const char *name = branch->of[1];
	const char *domain = branch->of[2];

	if (user)
		return user;
	if (!name || !domain)
		return name ? name : domain;
	char *both = bk_asprintf("%s@%s", name, domain);
	const char *copy = bk_arena_strdup(&walk->arena, both);
	free(both);
	return copy;
}

/* The pattern must give this very path for the address that was read out of
 * it: a variable that occurs twice, %1n and %Ln are checked by that. */
static void add_account(struct walk *walk, const struct branch *branch,
			struct bk_account_list *out)
{
	struct bk_err why = {0};
	const char *address = address_of(walk, branch);
	const char *path = NULL;
	char *real = bk_asprintf("%s/%s",
				 strcmp(walk->pattern->prefix, "/") == 0
					 ? ""
					 : walk->pattern->prefix,
				 branch->path);

	if (address)
		path = bk_account_path_expand(walk->pattern, address,
					      &walk->arena, &why);
	/* An address with control characters expands to nothing, but whoever
	 * it is must not be passed over: opening it will say what is wrong. */
	if (address &&
	    (path ? strcmp(path, real) == 0 : !bk_address_is_sound(address))) {
		struct bk_account *account = bk_account_list_add(out);
		account->address = bk_arena_strdup(&out->arena, address);
		account->root = bk_arena_strdup(&out->arena, real);
	}
	free(real);
}

int bk_account_path_walk(const struct bk_account_path *pattern,
			 struct bk_account_list *out, struct bk_err *err)
{
	struct walk walk = {.pattern = pattern, .prefix = -1};
	struct branches now = {0};
	struct branches next = {0};
	int rc = -1;

	walk.prefix = open(pattern->prefix, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (walk.prefix < 0) {
		bk_fail_errno(err, "%s", pattern->prefix);
		goto out;
	}
	add_branch(&now, &(struct branch){.path = ""});
	for (size_t i = 0; i < pattern->n_levels; i++) {
		next.n = 0;
		for (size_t k = 0; k < now.n; k++)
			if (grow_branch(&walk, &pattern->levels[i],
					&now.items[k], &next, err) < 0)
				goto out;
		struct branches spare = now;
		now = next;
		next = spare;
	}
	for (size_t k = 0; k < now.n; k++)
		add_account(&walk, &now.items[k], out);
	rc = 0;
out:
	bk_path_close(&walk.prefix);
	free(now.items);
	free(next.items);
	bk_arena_clear(&walk.arena);
	return rc;
}
