/*
 * Telling the administrator: [notify] of bk.conf(5).  A mail goes by the first
 * way that takes it; where none does, it is kept as a file, and that is said.
 */

#ifndef BK_JOB_NOTIFY_H
#define BK_JOB_NOTIFY_H

#include <stdbool.h>

#include "base/argv.h"
#include "base/err.h"
#include "base/schedule.h"
#include "job/settings.h"
#include "target/reach.h"

/* What of a job's runs is told: bits. */
enum bk_notify_on {
	BK_NOTIFY_FAILURE = 1 << 0,
	BK_NOTIFY_INCOMPLETE = 1 << 1,
	BK_NOTIFY_RECOVERY = 1 << 2,
	BK_NOTIFY_ALWAYS = 1 << 3,
	BK_NOTIFY_DIGEST = 1 << 4,
};

struct bk_notify_settings {
	struct bk_argv to;  /* addresses; none: nobody is to be told */
	struct bk_argv via; /* smtp:// and smtps:// URLs, sendmail:[PATH] */
	const char *from;   /* NULL: bk@ this host */
	struct bk_reach reach;
	const char *folder; /* where mails are kept that no way took */
	/* Of jobs alone: */
	unsigned on;               /* enum bk_notify_on */
	int64_t repeat_ms;         /* when the same trouble is told again */
	struct bk_schedule digest; /* when one comes */
	const char *webhook;       /* URL, or NULL */
	const char *ping;          /* URL, or NULL */
	const char *web_ca;        /* of both: PEM, or NULL */
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
	const char *kept_as; /* the name of the file, where it is kept, without
				its ".eml"; NULL: the time */
};

/* Of keys of [notify]; for job/schema. */
int bk_notify_check_mail(const char *value, struct bk_err *err);
int bk_notify_check_via(const char *value, struct bk_err *err);
int bk_notify_check_on(const char *value, struct bk_err *err);
int bk_notify_check_repeat(const char *value, struct bk_err *err);
int bk_notify_check_web(const char *value, struct bk_err *err);

/* The program of "sendmail:" or "sendmail:/PATH"; NULL: it is another way. */
const char *bk_notify_sendmail(const char *way);

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

/* The same for administrators, and what came of it is told in the log.  True:
 * some way took it. */
bool bk_notify_tell(const struct bk_notify_settings *notify,
		    const struct bk_notify_text *what);

/* POSTs to `webhook` or `ping`; BK_MISUSE, and as bk_http_run. */
struct bk_post;
int bk_notify_post(const struct bk_notify_settings *notify,
		   const struct bk_post *post, struct bk_err *err);

#endif
