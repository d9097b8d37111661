/* What was answered in the dialogue of bk init, and the configuration that it
 * makes; for job/setup*.c. */

#ifndef BK_JOB_SETUP_ANSWERS_H
#define BK_JOB_SETUP_ANSWERS_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/pattern.h"
#include "crypto/secret.h"
#include "job/settings.h"
#include "report/ask.h"

#define BK_SETUP_JOB   "nightly"
#define BK_SETUP_REPO  "main"
#define BK_SETUP_STORE "mail"

/* {0} is a valid empty one. */
struct bk_setup {
	const struct bk_ask *ask;
	const struct bk_settings *settings; /* of this run: no [repo] in it */
	const char *config;                 /* where it will lie */
	bool replaces;                      /* one that is there */

	struct bk_buf store;   /* sections: [store mail], maybe [server mail] */
	char *mail_root;       /* folder above all mail, or NULL */
	char *repo;            /* path or URL */
	struct bk_buf repo_at; /* section: [target main] of a URL; or empty */
	struct bk_buf targets; /* sections */
	struct bk_names ship;  /* their names */
	struct bk_names places; /* folders that are written into */
	char *keyblock;         /* its path; NULL: none */
	char *full, *differential, *keep;
	char *notify; /* addresses; "" for nobody */
	char *via;
	bool schedules;

	struct bk_secret password, escrow; /* the latter may be empty */
};

void bk_setup_clear(struct bk_setup *setup);

/* The questions; each fills its members. */
int bk_setup_ask_mail(struct bk_setup *setup, struct bk_err *err);
int bk_setup_ask_repo(struct bk_setup *setup, struct bk_err *err);
int bk_setup_ask_targets(struct bk_setup *setup, struct bk_err *err);
int bk_setup_ask_keys(struct bk_setup *setup, struct bk_err *err);
int bk_setup_ask_times(struct bk_setup *setup, struct bk_err *err);

/* Why a text cannot be a value in bk.conf as it is. */
int bk_setup_check_value(const char *value, struct bk_err *err);

/* Appends the whole configuration. */
void bk_setup_conf(const struct bk_setup *setup, struct bk_buf *out);

/* Settings of a text that is no file yet, checked like one. */
struct bk_draft {
	struct bk_common common;
	struct bk_settings settings;
};
int bk_draft_load(struct bk_draft *draft, const struct bk_buf *text,
		  struct bk_err *err);
void bk_draft_clear(struct bk_draft *draft);

#endif
