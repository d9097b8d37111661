/* Passwords from files, descriptors, the environment: see password.h. */

#include "crypto/password.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file.h"
#include "crypto/askcommand.h"
#include "crypto/prompt.h"

#define COMMAND_TIMEOUT_MS 60000

/* Room for a line end, and for one byte that says "too long". */
#define ROOM (BK_PASSWORD_MAX + 3)

/*
 * To the end of the file, or of the line: then a byte at a time, because what
 * follows on a descriptor belongs to somebody else.
 */
static int read_some(int fd, bool one_line, struct bk_secret *out,
		     struct bk_err *err)
{
	size_t len = 0;

	bk_secret_alloc(out, ROOM);
	while (len < ROOM) {
		ssize_t n =
			read(fd, out->data + len, one_line ? 1 : ROOM - len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return bk_fail_errno(err, "cannot read it");
		if (n == 0)
			break;
		len += (size_t)n;
		if (one_line && out->data[len - 1] == '\n')
			break;
	}
	bk_secret_cut(out, len);
	return 0;
}

static int from_path(struct bk_secret *out, const char *path, bool private,
		     struct bk_err *err)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);

	if (fd < 0)
		return bk_fail_errno(err, "cannot open it");
	int rc = private ? bk_fd_private(fd, path, err) : 0;
	if (rc == 0)
		rc = read_some(fd, false, out, err);
	(void)close(fd);
	return rc;
}

static int from_file(struct bk_secret *out, const char *path,
		     struct bk_err *err)
{
	return from_path(out, path, true, err);
}

static int from_fd(struct bk_secret *out, const char *number,
		   struct bk_err *err)
{
	char *end = NULL;
	errno = 0;
	unsigned long fd = strtoul(number, &end, 10);

	if (!*number || strspn(number, "0123456789") != strlen(number) ||
	    errno || fd > 65535)
		return bk_fail(err, BK_MISUSE,
			       "not the number of a descriptor");
	return read_some((int)fd, true, out, err);
}

static int from_command(struct bk_secret *out, const char *line,
			struct bk_err *err)
{
	bk_secret_alloc(out, ROOM);
	return bk_ask_command(out, line, COMMAND_TIMEOUT_MS, err);
}

static int from_env(struct bk_secret *out, const char *name, struct bk_err *err)
{
	const char *value = getenv(name);

	if (!value)
		return bk_fail(err, BK_MISUSE, "it is not set");
	bk_secret_set(out, value, strnlen(value, ROOM));
	return 0;
}

/* systemd grants the service's user by an ACL, which shows as group's bits. */
static int from_credential(struct bk_secret *out, const char *name,
			   struct bk_err *err)
{
	const char *folder = getenv("CREDENTIALS_DIRECTORY");

	if (!folder)
		return bk_fail(err, BK_MISUSE,
			       "CREDENTIALS_DIRECTORY is not set: only a "
			       "systemd service with LoadCredential= has "
			       "credentials");
	if (!*name || strchr(name, '/') || name[0] == '.')
		return bk_fail(err, BK_MISUSE, "not the name of a credential");
	char *path = bk_asprintf("%s/%s", folder, name);
	int rc = from_path(out, path, false, err);
	free(path);
	return rc;
}

static const struct {
	const char *scheme;
	int (*get)(struct bk_secret *out, const char *where,
		   struct bk_err *err);
} places[] = {
	{"file:",       from_file      },
	{"fd:",         from_fd        },
	{"command:",    from_command   },
	{"env:",        from_env       },
	{"credential:", from_credential},
};

/* Whatever it was, the setting is wrong: GONE and DENIED would speak of the
 * repository.  A command's arguments may be secret, and stay unsaid. */
static int failed_at(size_t place, const char *spec, struct bk_err *err)
{
	size_t shown = strlen(spec);

	if (places[place].get == from_command)
		shown = strlen("command");
	err->kind = BK_MISUSE;
	return bk_context(err, "password from %.*s", (int)shown, spec);
}

static int check_password(struct bk_secret *out, struct bk_err *err)
{
	size_t len = out->len;

	if (len && out->data[len - 1] == '\n')
		len--;
	if (len && out->data[len - 1] == '\r' && len < out->len)
		len--;
	if (!len)
		return bk_fail(err, BK_MISUSE, "the password is empty");
	bk_secret_cut(out, len);
	if (len > BK_PASSWORD_MAX)
		return bk_fail(err, BK_MISUSE,
			       "a password has %zu bytes at most",
			       BK_PASSWORD_MAX);
	if (memchr(out->data, '\n', len) || memchr(out->data, 0, len))
		return bk_fail(err, BK_MISUSE,
			       "the password is not one line of text");
	return 0;
}

/* The right password, typed wrong, would make a slot that nobody opens. */
static int from_prompt(struct bk_secret *out, const char *what, bool twice,
		       struct bk_err *err)
{
	struct bk_secret again = {0};
	char *text = bk_asprintf("%s%s: ", twice ? "new " : "", what);

	bk_secret_alloc(out, ROOM);
	int rc = bk_prompt(out, text, err);
	if (rc == 0)
		rc = check_password(out, err);
	if (rc == 0 && twice) {
		bk_secret_alloc(&again, ROOM);
		rc = bk_prompt(&again, "the same again: ", err);
		if (rc == 0 && again.len)
			rc = check_password(&again, err);
		if (rc == 0 && !bk_secret_equal(out, &again))
			rc = bk_fail(err, BK_MISUSE,
				     "the two passwords differ");
	}
	free(text);
	bk_secret_clear(&again);
	return rc;
}

static int from_place(struct bk_secret *out, const char *spec,
		      struct bk_err *err)
{
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		size_t len = strlen(places[i].scheme);
		if (strncmp(spec, places[i].scheme, len) != 0)
			continue;
		if (places[i].get(out, spec + len, err) < 0 ||
		    check_password(out, err) < 0)
			return failed_at(i, spec, err);
		return 0;
	}
	if (strncmp(spec, "keyblock:", 9) == 0)
		return bk_fail(err, BK_MISUSE,
			       "a key block opens a repository, but is no "
			       "password");
	return bk_fail(err, BK_MISUSE,
		       "a password is never written down in place: say where "
		       "it is kept: file:PATH, fd:N, command:ARGV, env:NAME, "
		       "credential:NAME or prompt");
}

int bk_password_get(struct bk_secret *out, const char *spec, const char *what,
		    bool twice, struct bk_err *err)
{
	int rc = strcmp(spec, "prompt") == 0
			 ? from_prompt(out, what, twice, err)
			 : from_place(out, spec, err);

	if (rc < 0)
		bk_secret_clear(out);
	return rc;
}
