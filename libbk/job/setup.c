/* The dialogue of bk init: see setup.h. */

#include "job/setup.h"

#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/path.h"
#include "job/command.h"
#include "job/enable.h"
#include "job/init.h"
#include "job/key.h"
#include "job/resolve.h"
#include "job/setup_answers.h"
#include "job/sheet.h"

/* The folder is made last; but who may not write there is told at once. */
static int check_config(const char *config, struct bk_err *err)
{
	char *copy = bk_strdup(config);
	char *folder = dirname(copy);

	while (access(folder, F_OK) < 0 && strcmp(folder, "/") != 0 &&
	       strcmp(folder, ".") != 0)
		folder = dirname(folder);
	int rc = access(folder, W_OK) == 0
			 ? 0
			 : bk_fail_errno(err, "%s cannot be written: %s",
					 config, folder);
	free(copy);
	if (rc < 0)
		err->kind = BK_MISUSE;
	return rc;
}

static int ask_replacing(struct bk_setup *setup, struct bk_err *err)
{
	struct stat st;
	bool replace = false;

	if (stat(setup->config, &st) < 0 || st.st_size == 0)
		return 0;
	bk_ask_say(setup->ask, "There is a %s already.", setup->config);
	if (bk_ask_yes(setup->ask, "Shall a new one take its place?", false,
		       &replace, err) < 0)
		return -1;
	if (!replace)
		return bk_fail(err, BK_MISUSE, "%s stays as it is",
			       setup->config);
	setup->replaces = true;
	return 0;
}

static int ask_all(struct bk_setup *setup, struct bk_err *err)
{
	if (ask_replacing(setup, err) < 0 ||
	    bk_setup_ask_mail(setup, err) < 0 ||
	    bk_setup_ask_repo(setup, err) < 0 ||
	    bk_setup_ask_targets(setup, err) < 0 ||
	    bk_setup_ask_keys(setup, err) < 0 ||
	    bk_setup_ask_times(setup, err) < 0)
		return -1;
	return 0;
}

/* Shows what would be written. */
static int confirm(struct bk_setup *setup, const struct bk_buf *conf,
		   struct bk_err *err)
{
	bool go = false;

	bk_ask_say(setup->ask, "This goes into %s:", setup->config);
	(void)fprintf(setup->ask->out, "\n%.*s", (int)conf->len,
		      (const char *)conf->data);
	if (bk_ask_yes(setup->ask, "Is that right?", true, &go, err) < 0)
		return -1;
	return go ? 0 : bk_fail(err, BK_MISUSE, "as you said");
}

/* ---- making it ---- */

static int make_repo(struct bk_setup *setup, const struct bk_draft *draft,
		     struct bk_repo_settings *which, struct bk_opened *opened,
		     struct bk_outcome *outcome, struct bk_err *err)
{
	const struct bk_repo_plan plan = {.password = &setup->password,
					  .label = "admin"};
	struct bk_settings settings = draft->settings;
	struct bk_slot made;

	outcome->place = BK_PLACE_REPO;
	if (bk_settings_find_repo(&settings, BK_SETUP_REPO, which, err) < 0 ||
	    bk_init_look(opened, which, err) < 0)
		return -1;
	if (bk_init_make(opened, setup->settings, which, &plan, outcome, err) <
	    0)
		return -1;
	if (setup->escrow.len &&
	    bk_key_make(opened, "escrow", &setup->escrow, &made, err) < 0)
		return -1;
	return setup->keyblock ? bk_key_make_file(opened, NULL, setup->keyblock,
						  &made, err)
			       : 0;
}

/* The service may only write into folders that are there when it starts. */
static int make_places(const struct bk_setup *setup, struct bk_err *err)
{
	for (size_t i = 0; i < setup->places.n; i++)
		if (bk_dir_make(AT_FDCWD, setup->places.items[i], 0700, err) <
		    0)
			return -1;
	return 0;
}

static int write_config(const struct bk_setup *setup, const struct bk_buf *conf,
			struct bk_err *err)
{
	struct bk_buf old = {0};
	int rc = 0;

	if (setup->replaces) {
		char *kept = bk_asprintf("%s.old", setup->config);
		rc = bk_file_read(AT_FDCWD, setup->config, (size_t)16 << 20,
				  &old, err);
		if (rc == 0)
			rc = bk_file_replace(AT_FDCWD, kept, bk_buf_view(&old),
					     0600, err);
		if (rc == 0)
			bk_ask_say(setup->ask, "The old one is %s.", kept);
		free(kept);
		bk_buf_clear(&old);
	}
	if (rc == 0)
		rc = bk_file_replace(AT_FDCWD, setup->config, bk_buf_view(conf),
				     0600, err);
	return rc;
}

/* Who has no [repo] yet has no use for -c either: what bk finds by itself. */
static const char *said_config(const struct bk_setup *setup)
{
	return setup->settings->common->config || getenv("BK_CONFIG")
		       ? setup->config
		       : NULL;
}

static int enable(const struct bk_setup *setup, struct bk_err *err)
{
	struct bk_schedule full = {0}, differential = {0};
	const struct bk_enable what = {
		.job = BK_SETUP_JOB,
		.config = said_config(setup),
		.full = &full,
		.differential = &differential,
		.places = &setup->places,
		.sendmail = setup->via && strstr(setup->via, "sendmail:"),
	};
	char *where = NULL;

	if (bk_schedule_parse(setup->full, &full, err) < 0 ||
	    bk_schedule_parse(setup->differential, &differential, err) < 0)
		return -1;
	if (bk_enable(&what, bk_enable_by(), &where, err) < 0)
		return bk_context(err, "all is made but the schedule");
	bk_ask_say(setup->ask, "Scheduled: %s", where);
	free(where);
	return 0;
}

static int print_sheet(const struct bk_setup *setup,
		       const struct bk_opened *opened,
		       const struct bk_repo_settings *which,
		       struct bk_settings *settings, FILE *out,
		       struct bk_err *err)
{
	struct bk_buf sheet = {0};

	int rc = bk_sheet_write(opened, which, settings, &sheet, err);
	if (rc == 0) {
		bk_ask_say(setup->ask, "Print this, and keep it elsewhere:");
		(void)fflush(setup->ask->out);
		if (fprintf(out, "\n%s\n", bk_buf_text(&sheet)) < 0 ||
		    fflush(out) < 0)
			rc = bk_fail_output(err, "the recovery sheet");
	}
	bk_buf_clear(&sheet);
	return rc;
}

static void tell_next(const struct bk_setup *setup,
		      const struct bk_repo_settings *which)
{
	struct bk_buf line = {0};
	struct bk_common common = {.config = said_config(setup)};
	struct bk_repo_settings shown = *which;

	shown.common = &common;
	shown.said = NULL;
	bk_command_begin(&line, "backup", &shown, 0);
	bk_command_word(&line, BK_SETUP_JOB);
	bk_ask_say(setup->ask, "The first backup: %s", bk_buf_text(&line));
	bk_buf_clear(&line);
}

static int make_all(struct bk_setup *setup, const struct bk_buf *conf,
		    FILE *sheet, struct bk_outcome *outcome, struct bk_err *err)
{
	struct bk_opened opened = {0};
	struct bk_repo_settings which = {0};
	struct bk_draft draft;
	char *copy = bk_strdup(setup->config);

	int rc = bk_draft_load(&draft, conf, err);
	if (rc == 0)
		rc = bk_dir_make(AT_FDCWD, dirname(copy), 0755, err);
	if (rc == 0)
		rc = make_repo(setup, &draft, &which, &opened, outcome, err);
	outcome->place = rc == 0 ? BK_PLACE_REQUEST : outcome->place;
	if (rc == 0 && write_config(setup, conf, err) < 0)
		rc = bk_context(err,
				"the repository at %s is made, but not "
				"the configuration",
				which.where);
	if (rc == 0)
		rc = print_sheet(setup, &opened, &which, &draft.settings, sheet,
				 err);
	if (rc == 0 && make_places(setup, err) < 0)
		rc = bk_context(err,
				"all is made but a folder and the "
				"schedule");
	if (rc == 0 && setup->schedules)
		rc = enable(setup, err);
	if (rc == 0)
		tell_next(setup, &which);
	free(copy);
	bk_opened_close(&opened);
	bk_draft_clear(&draft);
	return rc;
}

int bk_setup_run(const struct bk_settings *settings, const char *config,
		 const struct bk_ask *ask, FILE *sheet,
		 struct bk_outcome *outcome, struct bk_err *err)
{
	/* What starts the job starts it in another folder. */
	char *path = bk_path_clean(config);
	struct bk_setup setup = {
		.ask = ask, .settings = settings, .config = path};
	struct bk_buf conf = {0};

	outcome->place = BK_PLACE_REQUEST;
	int rc = check_config(path, err);
	if (rc == 0)
		rc = ask_all(&setup, err);
	if (rc == 0) {
		bk_setup_conf(&setup, &conf);
		rc = confirm(&setup, &conf, err);
	}
	if (rc < 0 && err->kind == BK_MISUSE)
		(void)bk_context(err, "nothing was made");
	if (rc == 0)
		rc = make_all(&setup, &conf, sheet, outcome, err);
	bk_buf_clear(&conf);
	bk_setup_clear(&setup);
	free(path);
	return rc;
}
