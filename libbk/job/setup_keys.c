/* Passwords, and when the job runs: the rest of the questions. */

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "crypto/password.h"
#include "job/enable.h"
#include "job/schema.h"
#include "job/setup_answers.h"

/* ---- passwords ---- */

static int check_typed(const struct bk_secret *typed, struct bk_err *err)
{
	if (!typed->len)
		return bk_fail(err, BK_MISUSE, "the password is empty");
	if (typed->len > BK_PASSWORD_MAX || memchr(typed->data, 0, typed->len))
		return bk_fail(err, BK_MISUSE,
			       "the password is not one line of text");
	return 0;
}

static int read_typed(const struct bk_ask *ask, const char *text,
		      struct bk_secret *out, struct bk_err *err)
{
	size_t len;

	bk_secret_alloc(out, BK_PASSWORD_MAX + 1);
	if (bk_ask_bytes(ask, text, out->data, out->len, &len, err) < 0)
		return -1;
	bk_secret_cut(out, len);
	return 0;
}

/* From the answers, where these are no terminal: 1, 0 to ask again, -1. */
static int read_twice(const struct bk_ask *ask, const char *text,
		      struct bk_secret *out, struct bk_err *why,
		      struct bk_err *err)
{
	struct bk_secret again = {0};
	int rc = -1;

	if (read_typed(ask, text, out, err) == 0 &&
	    read_typed(ask, "the same again:", &again, err) == 0) {
		rc = check_typed(out, why);
		if (rc == 0 && !bk_secret_equal(out, &again))
			rc = bk_fail(why, BK_MISUSE,
				     "the two passwords differ");
		rc = rc < 0 ? 0 : 1;
	}
	bk_secret_clear(&again);
	return rc;
}

static int type_twice(const char *what, struct bk_secret *out,
		      struct bk_err *why, struct bk_err *err)
{
	if (bk_password_get(out, "prompt", what, true, why) == 0)
		return 1;
	if (why->kind != BK_CANCELLED)
		return 0;
	*err = *why;
	return -1;
}

static int ask_password(const struct bk_ask *ask, const char *what,
			struct bk_secret *out, struct bk_err *err)
{
	char *text = bk_asprintf("new %s:", what);
	int rc;

	do {
		struct bk_err why = {0};
		rc = isatty(ask->in) ? type_twice(what, out, &why, err)
				     : read_twice(ask, text, out, &why, err);
		if (rc == 0)
			bk_ask_say(ask, "  %s", why.text);
	} while (rc == 0);
	free(text);
	return rc < 0 ? -1 : 0;
}

/* Beside the configuration, where nothing is yet. */
static char *keyblock_path(const char *config)
{
	const char *slash = strrchr(config, '/');
	size_t len = slash ? (size_t)(slash - config) + 1 : 0;
	char *path = bk_asprintf("%.*s" BK_SETUP_REPO ".key", (int)len, config);

	for (unsigned n = 2; access(path, F_OK) == 0; n++) {
		free(path);
		path = bk_asprintf("%.*s" BK_SETUP_REPO "%u.key", (int)len,
				   config, n);
	}
	return path;
}

int bk_setup_ask_keys(struct bk_setup *setup, struct bk_err *err)
{
	bool wanted = false;

	bk_ask_say(setup->ask,
		   "Without its password nobody can read the "
		   "repository, you included.");
	if (ask_password(setup->ask, "password for the repository",
			 &setup->password, err) < 0 ||
	    bk_ask_yes(setup->ask,
		       "A second password, for a safe or a second person? "
		       "(slot 'escrow')",
		       false, &wanted, err) < 0)
		return -1;
	if (wanted && ask_password(setup->ask, "password for the safe",
				   &setup->escrow, err) < 0)
		return -1;
	if (bk_ask_yes(setup->ask,
		       "Shall backups run by themselves? (a key block that "
		       "root alone may read stands for the password)",
		       true, &wanted, err) < 0)
		return -1;
	if (wanted)
		setup->keyblock = keyblock_path(setup->config);
	return 0;
}

/* ---- times ---- */

/* A key of a section whose value is asked. */
struct value {
	const char *type, *key;
	bool may_be_empty;
};

static int check_value(void *arg, const char *answer, struct bk_err *err)
{
	const struct value *value = arg;

	if (!*answer && value->may_be_empty)
		return 0;
	if (bk_setup_check_value(answer, err) < 0)
		return -1;
	return bk_schema_check_key(value->type, value->key, answer, err);
}

static int ask_value(const struct bk_setup *setup, struct value value,
		     const char *text, const char *usual, char **answer,
		     struct bk_err *err)
{
	const struct bk_question question = {text, usual, check_value, &value};

	return bk_ask(setup->ask, &question, answer, err);
}

static int ask_mail(struct bk_setup *setup, struct bk_err *err)
{
	if (ask_value(setup, (struct value){"notify", "mail", true},
		      "Whom to mail when something is wrong? (addresses; "
		      "empty: nobody)",
		      "", &setup->notify, err) < 0)
		return -1;
	if (!*setup->notify)
		return 0;
	return ask_value(setup, (struct value){"notify", "via", false},
			 "By which server? (smtp://HOST, smtps://USER@HOST, "
			 "sendmail:)",
			 "smtp://localhost", &setup->via, err);
}

static int ask_schedule(struct bk_setup *setup, struct bk_err *err)
{
	static const char *const by[] = {
		[BK_ENABLE_SYSTEMD] = "Have systemd start it at these times?",
		[BK_ENABLE_CRON] = "Have cron start it at these times?",
	};
	enum bk_enable_by who = bk_enable_by();

	if (!setup->keyblock || who == BK_ENABLE_NOBODY)
		return 0;
	return bk_ask_yes(setup->ask, by[who], true, &setup->schedules, err);
}

int bk_setup_ask_times(struct bk_setup *setup, struct bk_err *err)
{
	if (ask_value(setup, (struct value){"job", "full", false},
		      "When is a full set made?", "sat 22:00", &setup->full,
		      err) < 0 ||
	    ask_value(setup, (struct value){"job", "differential", false},
		      "And when what changed since?",
		      "mon-sat 06:30 12:30 19:00", &setup->differential,
		      err) < 0 ||
	    ask_value(setup, (struct value){"job", "keep", true},
		      "How long are sets kept here? (empty: for ever)", "3d",
		      &setup->keep, err) < 0 ||
	    ask_mail(setup, err) < 0)
		return -1;
	return ask_schedule(setup, err);
}
