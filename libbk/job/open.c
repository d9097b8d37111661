/* From settings to an open repository: see open.h. */

#include "job/open.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/buf.h"
#include "base/file.h"
#include "crypto/password.h"
#include "crypto/random.h"
#include "job/command.h"
#include "net/url.h"

#define HOST_ID_LEN 33 /* 32 digits and a line end */

/* ---- who this host is ---- */

static int read_host_id(const char *path, uint8_t out[BK_ID_LEN],
			struct bk_err *err)
{
	struct bk_buf text = {0};
	char digits[BK_ID_TEXT] = "";

	int rc = bk_file_read(AT_FDCWD, path, HOST_ID_LEN, &text, err);
	if (rc == 0 && text.len == HOST_ID_LEN &&
	    text.data[HOST_ID_LEN - 1] == '\n')
		memcpy(digits, text.data, HOST_ID_LEN - 1);
	bk_buf_clear(&text);
	if (rc < 0 && err->kind != BK_CORRUPT)
		return -1;
	if (rc == 0 && bk_id_parse(digits, out) && !bk_id_is_zero(out))
		return 0;
	return bk_fail(err, BK_CORRUPT,
		       "%s is not a host's identifier; bring it back from a "
		       "copy, or remove it: this host then begins with a full "
		       "set of its own",
		       path);
}

/* Written beside and linked into place: whoever is first wins, and nobody
 * ever sees half of it. */
static int put_host_id(const char *state_dir, const char *path,
		       struct bk_err *err)
{
	uint8_t id[BK_ID_LEN];
	char hex[BK_ID_TEXT];
	int rc = -1;

	bk_random_bytes(id, sizeof(id));
	char *text = bk_asprintf("%s\n", bk_id_hex(hex, id));
	char *beside = bk_asprintf("%s/host-id.%s", state_dir, hex);
	struct bk_view bytes = {(const uint8_t *)text, strlen(text)};

	if (bk_dir_make(AT_FDCWD, state_dir, 0700, err) < 0 ||
	    bk_file_replace(AT_FDCWD, beside, bytes, 0600, err) < 0)
		goto out;
	rc = link(beside, path);
	if (rc < 0 && errno == EEXIST)
		rc = 0;
	if (rc < 0)
		bk_fail_errno(err, "%s", path);
	else
		rc = bk_dir_sync(AT_FDCWD, path, err);
	(void)unlink(beside);
out:
	free(text);
	free(beside);
	return rc;
}

int bk_host_id(const char *state_dir, bool make, uint8_t out[BK_ID_LEN],
	       struct bk_err *err)
{
	char *path = bk_asprintf("%s/host-id", state_dir);
	struct bk_err why = {0};

	int rc = read_host_id(path, out, &why);
	if (rc < 0 && why.kind == BK_GONE) {
		if (!make) {
			memset(out, 0, BK_ID_LEN);
			rc = 0;
		} else if (put_host_id(state_dir, path, err) == 0) {
			rc = read_host_id(path, out, err);
		}
	} else if (rc < 0 && why.kind == BK_DENIED && !make) {
		/* Another user may read the repository all the same. */
		memset(out, 0, BK_ID_LEN);
		rc = 0;
	} else if (rc < 0) {
		*err = why;
	}
	free(path);
	return rc;
}

/* ---- what opens the repository ---- */

static const char *keyblock_of(const struct bk_repo_settings *which)
{
	static const char prefix[] = "keyblock:";

	if (strncmp(which->password, prefix, sizeof(prefix) - 1) != 0)
		return NULL;
	return which->password + sizeof(prefix) - 1;
}

static int open_with_password(struct bk_opened *opened,
			      const struct bk_repo_settings *which,
			      const struct bk_marker *marker,
			      const uint8_t host[BK_ID_LEN], struct bk_err *err)
{
	struct bk_secret password = {0};
	struct bk_credential with = {
		.password = &password,
		.slot = which->slot,
	};
	char *what = bk_asprintf("password for %s", which->where);

	int rc = bk_password_get(&password, which->password, what, false, err);
	if (rc == 0)
		rc = bk_repo_open(&opened->repo, opened->target, marker, host,
				  &with, err);
	bk_secret_clear(&password);
	free(what);
	return rc;
}

static int no_keyblock(const struct bk_repo_settings *which, const char *path,
		       struct bk_err *err)
{
	struct bk_buf export = {0};

	bk_command_begin(&export, "key export", which,
			 BK_COMMAND_NAMED | BK_COMMAND_MAKES);
	bk_command_word(&export, "--password-from=prompt");
	bk_command_word(&export, path);
	(void)bk_fail(err, BK_MISUSE,
		      "key file %s is not there; open it by the password: "
		      "--password-from=prompt, and to make the file: %s",
		      path, bk_buf_text(&export));
	bk_buf_clear(&export);
	return -1;
}

static int open_repo(struct bk_opened *opened,
		     const struct bk_repo_settings *which,
		     const struct bk_marker *marker,
		     const uint8_t host[BK_ID_LEN], struct bk_err *err)
{
	struct bk_credential with = {
		.keyblock = keyblock_of(which),
		.slot = which->slot,
	};

	if (!with.keyblock)
		return open_with_password(opened, which, marker, host, err);
	if (access(with.keyblock, F_OK) < 0 && errno == ENOENT)
		return no_keyblock(which, with.keyblock, err);
	return bk_repo_open(&opened->repo, opened->target, marker, host, &with,
			    err);
}

static int no_repository(const struct bk_repo_settings *which,
			 struct bk_err *err)
{
	struct bk_buf init = {0};

	bk_command_begin(&init, "init", which,
			 BK_COMMAND_NAMED | BK_COMMAND_MAKES);
	(void)bk_fail(err, BK_GONE, "no repository at %s; run: %s",
		      which->where, bk_buf_text(&init));
	bk_buf_clear(&init);
	return -1;
}

/* Is there one, before anybody is asked for a password? */
int bk_opened_look(struct bk_opened *out, const struct bk_repo_settings *which,
		   struct bk_marker *marker, struct bk_outcome *outcome,
		   struct bk_err *err)
{
	outcome->place = BK_PLACE_REPO;
	if (bk_target_open(&out->target, which->where, &which->reach, false,
			   err) < 0) {
		if (err->kind != BK_GONE)
			return -1;
		if (!bk_url_is(which->where) && access(which->where, F_OK) == 0)
			return bk_fail(err, BK_GONE,
				       "no repository at %s: it is not a "
				       "folder; is the path right?",
				       which->where);
		return no_repository(which, err);
	}
	if (bk_repo_look(out->target, marker, err) == 0)
		return 0;
	return err->kind == BK_GONE ? no_repository(which, err) : -1;
}

static int check_writable(const struct bk_opened *opened, struct bk_err *err)
{
	if (!opened->repo->newer)
		return 0;
	return bk_fail(err, BK_NEWER,
		       "%s has format %u, which this version only reads: "
		       "upgrade this host first",
		       opened->target->where, opened->repo->newer);
}

int bk_opened_open(struct bk_opened *out, const struct bk_settings *settings,
		   const struct bk_repo_settings *which, enum bk_open_for what,
		   struct bk_outcome *outcome, struct bk_err *err)
{
	bool makes_host = what == BK_OPEN_WRITE;
	struct bk_marker marker = {0};
	uint8_t host[BK_ID_LEN];

	if (bk_opened_look(out, which, &marker, outcome, err) < 0)
		goto failed;
	outcome->place = BK_PLACE_REQUEST;
	if (bk_host_id(settings->state_dir, makes_host, host, err) < 0)
		goto failed;
	outcome->place = BK_PLACE_KEY;
	if (open_repo(out, which, &marker, host, err) < 0)
		goto failed;
	out->repo->parity = which->parity;
	out->seen =
		bk_seen_new(settings->state_dir, what != BK_OPEN_TRY, outcome);
	out->repo->witness = bk_seen_witness(out->seen);
	outcome->place = BK_PLACE_REPO;
	if (what != BK_OPEN_READ && check_writable(out, err) < 0)
		goto failed;
	return 0;
failed:
	bk_opened_close(out);
	return -1;
}

void bk_opened_close(struct bk_opened *opened)
{
	bk_repo_close(opened->repo);
	bk_seen_free(opened->seen);
	bk_target_close(opened->target);
	*opened = (struct bk_opened){0};
}
