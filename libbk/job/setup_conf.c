/* The configuration that the answers make: see setup_answers.h. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "job/setup_answers.h"
#include "net/url.h"

void bk_setup_clear(struct bk_setup *setup)
{
	bk_buf_clear(&setup->store);
	bk_buf_clear(&setup->repo_at);
	bk_buf_clear(&setup->targets);
	bk_names_clear(&setup->ship);
	bk_names_clear(&setup->places);
	free(setup->mail_root);
	free(setup->repo);
	free(setup->keyblock);
	free(setup->full);
	free(setup->differential);
	free(setup->keep);
	free(setup->notify);
	free(setup->via);
	bk_secret_clear(&setup->password);
	bk_secret_clear(&setup->escrow);
}

int bk_setup_check_value(const char *value, struct bk_err *err)
{
	if (strstr(value, " ;") || strstr(value, "\t;") || *value == ';' ||
	    *value == '#')
		return bk_fail(err, BK_MISUSE,
			       "in bk.conf a comment would begin there: '%s'",
			       value);
	return 0;
}

static void add_repo(const struct bk_setup *setup, struct bk_buf *out)
{
	bk_buf_add(out, setup->repo_at.data, setup->repo_at.len);
	bk_buf_printf(out, "[repo " BK_SETUP_REPO "]\n");
	if (setup->repo_at.len)
		bk_buf_printf(out, "target = " BK_SETUP_REPO "\n");
	else
		bk_buf_printf(out, "path = %s\n", setup->repo);
	if (setup->keyblock)
		bk_buf_printf(out, "password = keyblock:%s\n", setup->keyblock);
	bk_buf_printf(out, "\n");
}

static void add_job(const struct bk_setup *setup, struct bk_buf *out)
{
	bk_buf_printf(out,
		      "[job " BK_SETUP_JOB
		      "]\n"
		      "store = " BK_SETUP_STORE
		      "\n"
		      "repo = " BK_SETUP_REPO
		      "\n"
		      "full = %s\n"
		      "differential = %s\n",
		      setup->full, setup->differential);
	if (*setup->keep)
		bk_buf_printf(out, "keep = %s\n", setup->keep);
	if (setup->ship.n)
		bk_buf_printf(out, "ship =");
	for (size_t i = 0; i < setup->ship.n; i++)
		bk_buf_printf(out, " %s", setup->ship.items[i]);
	bk_buf_printf(out, setup->ship.n ? "\n\n" : "\n");
}

void bk_setup_conf(const struct bk_setup *setup, struct bk_buf *out)
{
	char when[BK_CLOCK_TEXT];

	bk_buf_printf(out,
		      "# Made by bk init on %.10s.  bk.conf(5) tells what else "
		      "can be said here.\n\n",
		      bk_clock_format(when, bk_clock_now()));
	add_repo(setup, out);
	bk_buf_add(out, setup->store.data, setup->store.len);
	bk_buf_add(out, setup->targets.data, setup->targets.len);
	add_job(setup, out);
	if (setup->notify && *setup->notify)
		bk_buf_printf(out, "[notify]\nmail = %s\nvia = %s\n",
			      setup->notify, setup->via);
}

/* ---- a draft ---- */

/* A file for as long as it is read; its name in *path. */
static int put_down(const struct bk_buf *text, char **path, struct bk_err *err)
{
	const char *folder = getenv("TMPDIR");

	*path = bk_asprintf("%s/bk-init-XXXXXX",
			    folder && *folder ? folder : "/tmp");
	int fd = mkstemp(*path);
	if (fd < 0)
		return bk_fail_errno(err, "%s", *path);
	int rc = bk_fd_write(fd, text->data, text->len, err);
	(void)close(fd);
	if (rc < 0)
		(void)unlink(*path);
	return rc;
}

int bk_draft_load(struct bk_draft *draft, const struct bk_buf *text,
		  struct bk_err *err)
{
	char *path = NULL;

	*draft = (struct bk_draft){0};
	int rc = put_down(text, &path, err);
	if (rc == 0) {
		draft->common.config = path;
		rc = bk_settings_load(&draft->settings, &draft->common, err);
		draft->common.config = NULL;
		draft->settings.source = "the answers";
		(void)unlink(path);
	}
	free(path);
	return rc;
}

void bk_draft_clear(struct bk_draft *draft)
{
	bk_settings_clear(&draft->settings);
	bk_opt_list_clear(&draft->common.target_options);
}
