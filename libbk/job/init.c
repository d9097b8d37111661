/* Making a repository: see init.h. */

#include "job/init.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/password.h"
#include "net/url.h"

static int get_password(const struct bk_repo_settings *which,
			struct bk_secret *out, struct bk_err *err)
{
	if (strncmp(which->password, "keyblock:", 9) == 0)
		return bk_fail(err, BK_MISUSE,
			       "the first slot of a repository has a password; "
			       "bk key export makes a key block afterwards");
	char *what = bk_asprintf("password for %s", which->where);
	int rc = bk_password_get(out, which->password, what, true, err);
	free(what);
	return rc;
}

int bk_init_look(struct bk_opened *out, const struct bk_repo_settings *which,
		 struct bk_err *err)
{
	struct bk_err why = {0};

	if (bk_target_open(&out->target, which->where, &which->reach, false,
			   &why) == 0)
		return bk_repo_check_empty(out->target, err);
	if (why.kind == BK_GONE &&
	    (bk_url_is(which->where) || access(which->where, F_OK) < 0))
		return 0;
	*err = why;
	if (err->kind == BK_GONE)
		return bk_fail(err, BK_FAILED, "%s is not a folder",
			       which->where);
	return -1;
}

/* What is in the way of the folder is no repository that is missing. */
static int make_place(struct bk_opened *out,
		      const struct bk_repo_settings *which, struct bk_err *err)
{
	if (out->target || bk_target_open(&out->target, which->where,
					  &which->reach, true, err) == 0)
		return 0;
	if (err->kind == BK_GONE)
		err->kind = BK_FAILED;
	return -1;
}

int bk_init_make(struct bk_opened *out, const struct bk_settings *settings,
		 const struct bk_repo_settings *which,
		 const struct bk_repo_plan *plan, struct bk_outcome *outcome,
		 struct bk_err *err)
{
	uint8_t host[BK_ID_LEN];

	outcome->place = BK_PLACE_REQUEST;
	int rc = bk_host_id(settings->state_dir, true, host, err);
	if (rc == 0) {
		outcome->place = BK_PLACE_REPO;
		rc = make_place(out, which, err);
	}
	if (rc == 0)
		rc = bk_repo_init(&out->repo, out->target, host, plan, err);
	return rc;
}

int bk_init_run(struct bk_opened *out, const struct bk_settings *settings,
		const struct bk_repo_settings *which, const char *label,
		struct bk_outcome *outcome, struct bk_err *err)
{
	struct bk_secret password = {0};
	struct bk_repo_plan plan = {.password = &password, .label = label};

	int rc = bk_slot_check_label(label, err);
	if (rc < 0)
		goto out;
	outcome->place = BK_PLACE_REPO;
	rc = bk_init_look(out, which, err);
	if (rc < 0)
		goto out;
	outcome->place = BK_PLACE_REQUEST;
	rc = get_password(which, &password, err);
	if (rc == 0)
		rc = bk_init_make(out, settings, which, &plan, outcome, err);
out:
	bk_secret_clear(&password);
	if (rc < 0)
		bk_opened_close(out);
	return rc;
}
