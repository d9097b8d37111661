/*
 * What a tool works with, from three places: options beat the environment,
 * the environment beats the configuration file.  Everything can be said
 * without a file, by options.
 *
 * Environment: BK_CONFIG BK_REPO BK_PASSWORD_FILE BK_PASSWORD_COMMAND
 * BK_PASSWORD_FD BK_STATE_DIR BK_CACHE_DIR BK_JOBS, and systemd's
 * STATE_DIRECTORY and CACHE_DIRECTORY.
 *
 * Errors are BK_MISUSE, and name file and line where a file is to blame.
 */

#ifndef BK_JOB_SETTINGS_H
#define BK_JOB_SETTINGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/argv.h"
#include "base/conf.h"
#include "base/err.h"
#include "base/opt.h"
#include "base/pattern.h"
#include "base/schedule.h"
#include "job/keep.h"
#include "job/waiting.h"
#include "store/store.h"
#include "target/reach.h"

/* Texts in all of these live as long as the settings, argv and environ. */
struct bk_settings {
	struct bk_conf conf; /* checked: every section, key and value */
	struct bk_arena arena;
	const struct bk_common *common;
	const char *source;        /* what conf was read from, for messages */
	const char *state_dir;     /* may not exist yet */
	const char *cache_dir;     /* may not exist yet; disposable */
	unsigned jobs;             /* threads: at least 1 */
	struct bk_waiting waiting; /* the watcher of what is resolved */
};

struct bk_target_settings {
	const char *name;  /* of its section, or the same as `where` */
	const char *where; /* a path or a URL */
	struct bk_reach reach;
	const struct bk_conf_section *section; /* or NULL */
};

struct bk_repo_settings {
	const char *name;      /* of its section, or the same as `where` */
	const char *where;     /* a path or a target URL */
	struct bk_reach reach; /* of that URL */
	const char *password;  /* where it comes from, as in crypto/password.h:
				  "file:/etc/bk/main.pass", or keyblock:PATH;
				  "prompt" where nothing was said */
	const char *slot;      /* label of the one slot to try, or NULL */
	uint64_t pack_size;    /* of what is written, bytes; 0: as usual */
	bool parity;           /* what is written gets some */
	/* For commands that lead there again (job/command.h): */
	const struct bk_common *common; /* or NULL */
	const char *said; /* what -r must say; NULL: bk finds it without */
	const struct bk_conf_section *target; /* that it lies at, or NULL */
};

struct bk_server_settings;

struct bk_store_settings {
	struct bk_store_config config; /* writable is false: set it */
	uint32_t uid_gap;  /* how far UIDNEXT is raised where UIDs are kept */
	const char *trees; /* of files that go along, parted by blanks; NULL */
	/* The mail server that it is on, or NULL; job/server_store.h then
	 * completes the config. */
	const struct bk_server_settings *server;
};

struct bk_job_settings {
	const char
		*name; /* of the job, or of the store where there is no job */
	struct bk_store_settings store;
	struct bk_repo_settings repo;
	const struct bk_conf_section *section; /* NULL: made up for a store */
	struct bk_schedule full;         /* n is 0: no schedule was given */
	struct bk_schedule differential; /* likewise */
	struct bk_keep keep;             /* empty: for ever */
	struct bk_names ship;            /* targets */
	struct bk_argv before, after;    /* hooks; n is 0: none */
	int64_t hook_ms;                 /* that each of them may take */
	const char *ping;                /* URL of its own, or NULL */
	uint32_t read_errors_ppm;  /* of the messages: more stop the run */
	uint32_t max_shrink_ppm;   /* of the messages since the last set */
	struct bk_filter accounts; /* from the job's section; options may add */
};

/*
 * Reads -c FILE, or BK_CONFIG, or /etc/bk/bk.conf and /etc/bk/conf.d/ (which
 * need not exist), checks all of it, and finds the directories.  `common` is
 * kept by pointer.
 */
int bk_settings_load(struct bk_settings *out, const struct bk_common *common,
		     struct bk_err *err);
/* The same of a configuration that cannot be used, for who must tell somebody
 * of that: as much of it as is right, unchecked but for [notify]. */
int bk_settings_load_rest(struct bk_settings *out,
			  const struct bk_common *common, struct bk_err *err);
void bk_settings_clear(struct bk_settings *settings);

/* The repository of -r, BK_REPO, or the only one in the file.  BK_MISUSE too
 * when it is about to ask for the password and --no-input was given. */
int bk_settings_repo(struct bk_settings *settings, struct bk_repo_settings *out,
		     struct bk_err *err);

/*
 * The store of that name, or "maildir:/var/vmail/%d/%n/Maildir" and the like,
 * or a mail server, as its name in the file or "imaps://ann@mail.example".
 * NULL: the only store in the file.
 */
int bk_settings_store(struct bk_settings *settings, const char *word,
		      struct bk_store_settings *out, struct bk_err *err);

/* The name that sets of a store have, for a word of --store: of one with a path
 * in its one spelling, of a URL that a [server] has that one's; any other word,
 * NULL too, is the name itself. */
const char *bk_settings_store_name(struct bk_settings *settings,
				   const char *word);

/*
 * The job of that name; or a job made up for a STORE as above.  NULL: the only
 * job in the file, or, with no job there, the only store.  The repository is
 * -r's, BK_REPO's, the job's, or the only one.  The caller clears it.
 */
int bk_settings_job(struct bk_settings *settings, const char *word,
		    struct bk_job_settings *out, struct bk_err *err);
void bk_job_settings_clear(struct bk_job_settings *job);

#endif
