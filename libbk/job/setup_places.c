/* Where the repository and its copies go: asked, and tried. */

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/path.h"
#include "job/init.h"
#include "job/resolve.h"
#include "job/schema.h"
#include "job/setup_answers.h"
#include "job/setup_options.h"
#include "job/target_test.h"
#include "net/url.h"
#include "target/spread_shape.h"

struct place {
	const struct bk_setup *setup;
	const char *text, *usual, *name; /* the question; of its section */
	bool may_be_none;
	int (*try)(const struct place *place, const char *where,
		   struct bk_target_trial *found, struct bk_err *err);
	struct bk_buf section; /* [target NAME]: the answer */
};

/* Where `path` is `folder` or lies below it. */
static bool is_below(const char *path, const char *folder)
{
	size_t len = strlen(folder);

	return strncmp(path, folder, len) == 0 &&
	       (path[len] == '/' || !path[len]);
}

/* "file:///mnt/usb" is a folder of this host like any other. */
static const char *without_scheme(const char *answer)
{
	return strncmp(answer, "file://", 7) == 0 ? answer + 7 : answer;
}

static int check_path(const struct place *place, const char *answer,
		      struct bk_err *err)
{
	const char *mail = place->setup->mail_root;

	if (*answer != '/')
		return bk_fail(err, BK_MISUSE,
			       "'%s' is neither a path from / on nor a URL "
			       "such as sftp://user@host/folder",
			       answer);
	char *real = bk_path_real(answer);
	int rc = mail && is_below(real, mail)
			 ? bk_fail(err, BK_MISUSE,
				   "'%s' lies in the mail: a backup beside "
				   "what it is of goes when that goes",
				   answer)
			 : 0;
	free(real);
	return rc;
}

static int check_place(void *arg, const char *typed, struct bk_err *err)
{
	const struct place *place = arg;
	const char *answer = without_scheme(typed);

	if (!*typed && place->may_be_none)
		return 0;
	if (bk_spread_is(answer))
		return bk_fail(err, BK_MISUSE,
			       "spread: stands for targets that have names "
			       "already; write it into bk.conf later");
	if (bk_setup_check_value(answer, err) < 0)
		return -1;
	if (!bk_url_is(answer))
		return check_path(place, answer, err);
	return bk_schema_check_where(answer, err);
}

/* Settings of the section, or of the path alone, as they would be. */
static int load(const struct place *place, const char *where,
		struct bk_draft *draft, struct bk_err *err)
{
	struct bk_buf text = {0};

	bk_buf_add(&text, place->section.data, place->section.len);
	if (place->section.len)
		bk_buf_printf(&text, "[repo main]\ntarget = %s\n", place->name);
	else
		bk_buf_printf(&text, "[repo main]\npath = %s\n", where);
	int rc = bk_draft_load(draft, &text, err);
	bk_buf_clear(&text);
	return rc;
}

static int try_target(const struct place *place, const char *where,
		      struct bk_target_trial *found, struct bk_err *err)
{
	struct bk_target_settings target = {0};
	struct bk_draft draft;

	int rc = load(place, where, &draft, err);
	if (rc == 0)
		rc = bk_settings_target(&draft.settings, place->name, &target,
					err);
	if (rc == 0)
		rc = bk_target_test(&target, found, err);
	bk_draft_clear(&draft);
	return rc;
}

static int try_repo(const struct place *place, const char *where,
		    struct bk_target_trial *found, struct bk_err *err)
{
	struct bk_repo_settings repo = {0};
	struct bk_opened opened = {0};
	struct bk_draft draft;

	int rc = load(place, where, &draft, err);
	if (rc == 0)
		rc = bk_settings_find_repo(&draft.settings, BK_SETUP_REPO,
					   &repo, err);
	if (rc == 0)
		rc = bk_init_look(&opened, &repo, err);
	if (rc == 0) {
		const struct bk_target_settings target = {
			.name = place->name,
			.where = repo.where,
			.reach = repo.reach,
		};
		rc = bk_target_test(&target, found, err);
	}
	bk_opened_close(&opened);
	bk_draft_clear(&draft);
	return rc;
}

/* What an answer needs besides: 1, 0 for no place, -1. */
static int complete(struct place *place, const char *where, struct bk_err *err)
{
	bool is_url = bk_url_is(where);

	place->section.len = 0;
	if (!*where)
		return 0;
	if (is_url || place->may_be_none)
		bk_buf_printf(&place->section, "[target %s]\nurl = %s%s\n",
			      place->name, is_url ? "" : "file://", where);
	if (is_url && bk_setup_ask_options(place->setup->ask, "target",
					   "password=file:/etc/bk/nas.pass or "
					   "ssh-key=FILE",
					   &place->section, err) < 0)
		return -1;
	return 1;
}

static void tell_trial(const struct bk_ask *ask,
		       const struct bk_target_trial *found)
{
	bool again = found->again.kind != BK_OK;

	if (again)
		bk_ask_say(ask, "  %s", found->again.text);
	bk_ask_say(ask, "  It works: a file was written%s%s.",
		   again ? " at the second try" : ", renamed into place",
		   *found->left ? ", and read back"
				: ", read back and taken away");
	if (*found->left)
		bk_ask_say(ask,
			   "  This login deletes nothing: %s stays there, and "
			   "so do old sets until another login prunes them.",
			   found->left);
}

/* 1: it works, or none is wanted; 0: to be asked again; -1. */
static int ask_once(struct place *place, char **where, struct bk_err *err)
{
	const struct bk_ask *ask = place->setup->ask;
	const struct bk_question question = {place->text, place->usual,
					     check_place, place};
	struct bk_target_trial found;
	struct bk_err why = {0};
	char *answer = NULL;

	if (bk_ask(ask, &question, &answer, err) < 0)
		return -1;
	*where = bk_strdup(without_scheme(answer));
	free(answer);
	int rc = complete(place, *where, err);
	if (rc <= 0)
		return rc < 0 ? -1 : 1;
	if (place->try(place, *where, &found, &why) == 0) {
		tell_trial(ask, &found);
		return 1;
	}
	if (why.kind == BK_CANCELLED) {
		*err = why;
		return -1;
	}
	/* What is wrong with a server names it itself. */
	if (strstr(why.text, *where))
		bk_ask_say(ask, "  %s", why.text);
	else
		bk_ask_say(ask, "  %s: %s", *where, why.text);
	return 0;
}

/* Until it works: *where is "" for none. */
static int ask_place(struct place *place, char **where, struct bk_err *err)
{
	int rc;

	do {
		free(*where);
		*where = NULL;
		rc = ask_once(place, where, err);
	} while (rc == 0);
	return rc < 0 ? -1 : 0;
}

int bk_setup_ask_repo(struct bk_setup *setup, struct bk_err *err)
{
	struct place place = {
		.setup = setup,
		.text = "Where does the repository go? (path or URL)",
		.usual = "/var/lib/bk/main",
		.name = BK_SETUP_REPO,
		.try = try_repo,
	};

	int rc = ask_place(&place, &setup->repo, err);
	if (rc == 0 && place.section.len)
		bk_buf_printf(&place.section, "\n");
	if (rc == 0 && !bk_url_is(setup->repo))
		bk_names_add(&setup->places, setup->repo);
	setup->repo_at = place.section;
	return rc;
}

/* ---- copies elsewhere ---- */

static bool is_taken(const struct bk_setup *setup, const char *name)
{
	for (size_t i = 0; i < setup->ship.n; i++)
		if (strcmp(setup->ship.items[i], name) == 0)
			return true;
	return strcmp(name, BK_SETUP_REPO) == 0;
}

/* "nas" of sftp://bk@nas.example.org/bk, "sftp" of sftp://bk@10.0.0.1/bk, "usb"
 * of /mnt/usb; with a number where that is another one's.  The caller's to
 * free. */
static char *name_of(const struct bk_setup *setup, const char *where)
{
	struct bk_url url = {0};
	struct bk_err ignored = {0};
	const char *from = strrchr(where, '/') + 1;
	char name[24] = "";
	size_t len = 0;

	if (bk_url_is(where) && bk_url_parse(&url, where, &ignored) == 0)
		from = isalpha((unsigned char)*url.host) ? url.host : where;
	for (; *from && !strchr(".:", *from) && len < sizeof(name) - 1; from++)
		if (isalnum((unsigned char)*from) || *from == '-')
			name[len++] = (char)tolower((unsigned char)*from);
	bk_url_clear(&url);
	char *made = bk_strdup(len ? name : "copy");
	for (unsigned n = 2; is_taken(setup, made); n++) {
		free(made);
		made = bk_asprintf("%s%u", len ? name : "copy", n);
	}
	return made;
}

/* 1, 0 where no more is wanted. */
static int ask_target(struct bk_setup *setup, struct bk_err *err)
{
	struct place place = {
		.setup = setup,
		.text = setup->ship.n
				? "Another copy? (path or URL; empty: no more)"
				: "A copy elsewhere, for the day when this "
				  "host is gone? (path or URL; empty: none)",
		.usual = "",
		.name = "copy",
		.may_be_none = true,
		.try = try_target,
	};
	char *where = NULL;

	int rc = ask_place(&place, &where, err);
	if (rc == 0 && *where) {
		char *name = name_of(setup, where);
		/* Its name is known only now. */
		const char *rest = strchr(bk_buf_text(&place.section), ']');
		bk_buf_printf(&setup->targets, "[target %s%s\n", name, rest);
		bk_names_add(&setup->ship, name);
		if (!bk_url_is(where))
			bk_names_add(&setup->places, where);
		bk_ask_say(setup->ask, "  It is [target %s].", name);
		free(name);
		rc = 1;
	}
	free(where);
	bk_buf_clear(&place.section);
	return rc;
}

int bk_setup_ask_targets(struct bk_setup *setup, struct bk_err *err)
{
	int rc;

	do
		rc = ask_target(setup, err);
	while (rc > 0);
	return rc;
}
