/* Paths with %d, %n and %u in them: see account_path.h. */

#include "store/account_path.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/path.h"
#include "base/utf8.h"
#include "store/account_path_walk.h"

int bk_account_path_new(struct bk_account_path **out, const char *text,
			struct bk_err *err)
{
	struct bk_account_path *pattern = bk_alloc(sizeof(*pattern));

	pattern->text = bk_strdup(text);
	if (bk_account_path_parse(pattern, err) < 0) {
		bk_account_path_free(pattern);
		return bk_context(err, "%s", text);
	}
	*out = pattern;
	return 0;
}

void bk_account_path_free(struct bk_account_path *pattern)
{
	if (!pattern)
		return;
	for (size_t i = 0; i < pattern->n_levels; i++)
		free(pattern->levels[i].parts);
	free(pattern->levels);
	bk_arena_clear(&pattern->arena);
	free(pattern->text);
	free(pattern);
}

bool bk_account_path_is_many(const struct bk_account_path *pattern)
{
	return pattern->n_levels > 0;
}

void bk_account_path_take_files(struct bk_account_path *pattern)
{
	pattern->files = true;
}

bool bk_address_is_sound(const char *address)
{
	size_t len = strlen(address);

	if (!len || len > 1024 || !bk_utf8_valid(address, len))
		return false;
	for (const char *p = address; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return false;
	return true;
}

static void add_variable(const struct bk_account_path_part *part,
			 const char *address, struct bk_buf *out)
{
	const char *at = strrchr(address, '@');
	const char *from = address;
	size_t len = strlen(address);

	if (part->variable == 'n' && at) {
		len = (size_t)(at - address);
	} else if (part->variable == 'd') {
		from = at ? at + 1 : "";
		len = strlen(from);
	}
	size_t skip = part->skip < len ? part->skip : len;
	from += skip;
	len -= skip;
	if (part->width && part->width < len)
		len = part->width;
	for (size_t i = 0; i < len; i++) {
		char c = from[i];
		if (part->lower && c >= 'A' && c <= 'Z')
			c = (char)(c - 'A' + 'a');
		if (part->upper && c >= 'a' && c <= 'z')
			c = (char)(c - 'a' + 'A');
		bk_buf_add_u8(out, (uint8_t)c);
	}
}

static int add_level(const struct bk_account_path_level *level,
		     const char *address, struct bk_buf *out,
		     struct bk_err *err)
{
	bk_buf_add_u8(out, '/');
	size_t start = out->len;

	for (size_t i = 0; i < level->n; i++) {
		const struct bk_account_path_part *part = &level->parts[i];
		if (part->variable)
			add_variable(part, address, out);
		else
			bk_buf_add(out, part->text, strlen(part->text));
	}
	const char *name = (const char *)out->data + start;
	if (!bk_path_is_name(name, out->len - start))
		return bk_fail(err, BK_REFUSED,
			       "address '%s' cannot be part of a path",
			       address);
	return 0;
}

const char *bk_account_path_expand(const struct bk_account_path *pattern,
				   const char *address, struct bk_arena *arena,
				   struct bk_err *err)
{
	struct bk_buf path = {0};
	const char *out = NULL;

	if (!bk_account_path_is_many(pattern))
		return bk_arena_strdup(arena, pattern->prefix);
	if (!bk_address_is_sound(address)) {
		bk_fail(err, BK_REFUSED,
			"an address is UTF-8 without control characters");
		return NULL;
	}
	bk_buf_add(&path, pattern->prefix, strlen(pattern->prefix));
	if (path.len && path.data[path.len - 1] == '/')
		path.len--;
	for (size_t i = 0; i < pattern->n_levels; i++)
		if (add_level(&pattern->levels[i], address, &path, err) < 0)
			goto out;
	out = bk_arena_strdup(arena, bk_buf_text(&path));
out:
	bk_buf_clear(&path);
	return out;
}

static int open_prefix(const struct bk_account_path *pattern,
		       struct bk_err *err)
{
	int fd = open(pattern->prefix, O_PATH | O_DIRECTORY | O_CLOEXEC);

	return fd < 0 ? bk_fail_errno(err, "%s", pattern->prefix) : fd;
}

/* What is left of a path of ours behind the fixed part; "." for nothing. */
static const char *below_prefix(const struct bk_account_path *pattern,
				const char *path)
{
	size_t len = strlen(pattern->prefix);

	if (strncmp(path, pattern->prefix, len) != 0)
		return ".";
	path += len;
	path += strspn(path, "/");
	return *path ? path : ".";
}

int bk_account_path_enter(const struct bk_account_path *pattern,
			  const char *path, struct bk_err *err)
{
	int prefix = open_prefix(pattern, err);

	if (prefix < 0)
		return -1;
	int fd = bk_path_enter(prefix, below_prefix(pattern, path), err);
	(void)close(prefix);
	return fd < 0 ? bk_context(err, "%s", pattern->prefix) : fd;
}

int bk_account_path_make(const struct bk_account_path *pattern,
			 const char *path, struct bk_account_path_owner owner,
			 struct bk_err *err)
{
	const char *rest = below_prefix(pattern, path);
	bool alone = strcmp(rest, ".") == 0;
	const char *from = pattern->prefix;
	int top = open(from[0] == '/' ? "/" : ".",
		       O_PATH | O_DIRECTORY | O_CLOEXEC);

	if (top < 0)
		return bk_fail_errno(err, "%s", from);
	int fd = open(from, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		fd = alone ? bk_path_make(top, from, owner.mode, owner.uid,
					  owner.gid, err)
			   : bk_path_make(top, from, 0755, (uid_t)-1, (gid_t)-1,
					  err);
	(void)close(top);
	if (fd < 0 || alone)
		return fd;
	int account =
		bk_path_make(fd, rest, owner.mode, owner.uid, owner.gid, err);
	(void)close(fd);
	return account;
}

int bk_account_path_nearest_owner(const char *path, uid_t *uid, gid_t *gid,
				  struct bk_err *err)
{
	char *rest = bk_strdup(path);
	struct stat st;
	int rc = -1;

	for (;;) {
		bool there = stat(*rest ? rest : "/", &st) == 0;
		if (there && !bk_path_is_half_made(AT_FDCWD, rest, 0700)) {
			*uid = st.st_uid;
			*gid = st.st_gid;
			rc = 0;
			break;
		}
		char *slash = strrchr(rest, '/');
		if (!*rest || (!there && errno != ENOENT && errno != ENOTDIR)) {
			bk_fail_errno(err, "%s", rest);
			break;
		}
		if (slash)
			*slash = 0;
		else
			memcpy(rest, ".", 2);
	}
	free(rest);
	return rc;
}

const char *bk_account_path_only_address(const char *path,
					 struct bk_arena *arena)
{
	static const char *const plain[] = {"Maildir", ".maildir", "mail", "."};
	const char *end = path + strlen(path);
	const char *name = path;
	size_t len = 0;

	for (int level = 0; level < 2; level++) {
		while (end > path && end[-1] == '/')
			end--;
		for (name = end; name > path && name[-1] != '/';)
			name--;
		len = (size_t)(end - name);
		bool says_nothing = false;
		for (size_t i = 0; i < sizeof(plain) / sizeof(plain[0]); i++)
			says_nothing |= strlen(plain[i]) == len &&
					strncasecmp(name, plain[i], len) == 0;
		if (!says_nothing)
			break;
		end = name;
	}
	return len ? bk_arena_strndup(arena, name, len)
		   : bk_arena_strdup(arena, "mail");
}
