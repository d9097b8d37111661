/*
 * Telling the administrator: [notify] of bk.conf(5).  A mail goes by the first
 * way that takes it; where none does, it is kept as a file, and that is said.
 */

#ifndef BK_JOB_NOTIFY_H
#define BK_JOB_NOTIFY_H

#include <stdbool.h>

#include "base/argv.h"
#include "base/err.h"
#include "job/settings.h"
#include "target/reach.h"

struct bk_notify_settings {
	struct bk_argv to;  /* addresses; none: nobody is to be told */
	struct bk_argv via; /* smtp:// and smtps:// URLs, sendmail:[PATH] */
	const char *from;   /* NULL: bk@ this host */
	struct bk_reach reach;
	const char *folder; /* where mails are kept that no way took */
};

/* What is to be said. */
struct bk_notify_text {
	const char *subject; /* without "[bk] " */
	const char *matter;  /* see mail/notice.h */
	const char *text;
	const char *json; /* or NULL */
	/* To people, not to administrators: the subject has nothing before it,
	 * and what no way took is not kept. */
	bool to_people;
};

/* Of keys of [notify]; for job/schema. */
int bk_notify_check_mail(const char *value, struct bk_err *err);
int bk_notify_check_via(const char *value, struct bk_err *err);

/* `to`: addresses of --notify, instead of those of the file; NULL: those.
 * BK_MISUSE.  The caller clears it, and the settings outlive it. */
int bk_settings_notify(struct bk_settings *settings, const char *to,
		       struct bk_notify_settings *out, struct bk_err *err);
void bk_notify_settings_clear(struct bk_notify_settings *notify);

/*
 * 0: a way took it, which *how says, "by smtp://localhost"; ways before that
 * failed are told in the log.  1: none did, and it lies in the file that *how
 * names; the error says why.  -1: it is lost.  *how is the caller's to free.
 * -1 with BK_UNSAFE for people: whether they have it is not known, and no other
 * way was tried.
 */
int bk_notify(const struct bk_notify_settings *notify,
	      const struct bk_notify_text *what, char **how,
	      struct bk_err *err);

#endif
