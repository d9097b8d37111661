/*
 * One description of a tool feeds its parser, --help, the completions and the
 * OPTIONS of its man page.
 *
 *	struct list_opts opts = {0};
 *	const struct bk_opt options[] = {
 *		{BK_OPT_TEXT, 0, "host", "HOST", "sets of this host",
 *&opts.host}, {BK_OPT_PERCENT, 0, "read-data", "[N%]", "read packs too",
 *&opts.ppm}, {BK_OPT_END, 0, NULL, NULL, NULL, NULL},
 *	};
 *
 * The word for the argument (third text) says how it is completed and whether
 * it may be left out:
 *   FILE DIR      names in the file system
 *   REPO STORE JOB TARGET    sections of the configuration, or a path
 *   SET ACCOUNT   what `bk-list -q` and `bk-list -q latest` print
 *   JOB|STORE     either of them; SET|latest: this very word too
 *   a|b|c         one of these words (BK_OPT_CHOICE takes no other)
 *   [N%]          may be left out, as in --read-data or --read-data=10%
 *
 * What an option is not given for stays untouched: set defaults first.
 */

#ifndef BK_BASE_OPT_H
#define BK_BASE_OPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "base/buf.h"
#include "base/err.h"

enum bk_opt_kind {
	BK_OPT_END,
	BK_OPT_FLAG,  /* bool: true; may be repeated */
	BK_OPT_COUNT, /* unsigned: one more each time, as -vv */
	BK_OPT_TEXT,  /* const char *: into argv; "" where [ARG] was left out */
	BK_OPT_LIST,  /* struct bk_opt_list: may be repeated */
	BK_OPT_CHOICE,   /* unsigned: 0 for the first word of "a|b|c" */
	BK_OPT_NUMBER,   /* uint64_t, 1 to UINT32_MAX */
	BK_OPT_SIZE,     /* uint64_t bytes: 64M */
	BK_OPT_DURATION, /* int64_t ms: 3d */
	BK_OPT_PERCENT,  /* uint32_t parts per million; all where [N%] was left
			    out */
	BK_OPT_TIME,     /* int64_t UTC seconds: see bk_parse_time */
};

struct bk_opt {
	enum bk_opt_kind kind;
	char letter;      /* 'k' for -k, or 0 */
	const char *word; /* "key-file" for --key-file, never NULL */
	const char *arg;  /* "FILE"; NULL for FLAG and COUNT */
	const char *help; /* lower case, no full stop */
	void *into;       /* as the kind says */
};

/* Two options that cannot both be meant: no option is passed over in silence.
 * The error is "--ONE and --OTHER: ADVICE". */
struct bk_opt_clash {
	const char *one, *other; /* words; NULL ends a table */
	const char *advice;
};

/* {0} is a valid empty one; the texts are argv's. */
struct bk_opt_list {
	const char **items;
	size_t n, cap;
};
void bk_opt_list_clear(struct bk_opt_list *list);

/* Which of the common options a tool knows.  -q, -v, --no-color, --help and
 * --version all of them know. */
enum {
	BK_COMMON_CONFIG = 1 << 0, /* -c FILE */
	BK_COMMON_REPO =
		1 << 1, /* -r REPO, -o, --slot, --password-from, --no-input */
	BK_COMMON_DRY_RUN = 1 << 2,  /* -n */
	BK_COMMON_JSON = 1 << 3,     /* --json */
	BK_COMMON_PROGRESS = 1 << 4, /* --progress= */
	BK_COMMON_JOBS = 1 << 5,     /* --jobs N */
	BK_COMMON_WAIT = 1 << 6,     /* --wait TIME */
	BK_COMMON_YES = 1 << 7,      /* --yes */
};

enum bk_progress_style {
	BK_PROGRESS_AUTO, /* a display on a terminal, else a line a minute */
	BK_PROGRESS_PLAIN,
	BK_PROGRESS_NONE,
};

/* What the common options were.  Texts are argv's; NULL and 0: not given. */
struct bk_common {
	const char *config;
	const char *repo;
	const char *slot;          /* label of the one key slot to try */
	const char *password_from; /* file:PATH, fd:N, command:CMD, ... */
	struct bk_opt_list target_options; /* -o KEY=VALUE; owned by the call */
	bool no_input;                     /* never ask on the terminal */
	bool dry_run;
	bool quiet;
	unsigned verbose;
	bool json;
	unsigned progress; /* enum bk_progress_style */
	bool no_color;     /* also where NO_COLOR is set */
	uint64_t jobs;
	int64_t wait_ms;
	bool yes;
	bool config_may_lack; /* -c FILE need not be there: the tool's say */

	/* Asked for instead of running the tool. */
	bool help;
	bool version;
	bool print_man;
	const char *print_completion; /* bash, zsh, fish */
};

struct bk_tool {
	const char *name;    /* "bk-list" */
	const char *purpose; /* "shows sets and what is in them", as in a man
				page */
	const char *const *usage; /* "[-r REPO] [SET]" ..., ends in NULL */
	const char *operands;     /* for completion, by place: "SET ACCOUNT";
				     "FILE..." repeats */
	size_t operands_min, operands_max;  /* SIZE_MAX: any number */
	unsigned common;                    /* BK_COMMON_* */
	const struct bk_opt *options;       /* its own, up to BK_OPT_END */
	const struct bk_opt_clash *clashes; /* NULL: none */
	const char *const *examples; /* command, what it does, ..., NULL */
	const char *const *see_also; /* "bk-backup(1)" ..., NULL */
	bool makes_config;           /* -c FILE need not be there */
	/* Is told of a configuration that cannot be used, and of the operand
	 * (or NULL); NULL: nobody is. */
	void (*bad_config)(const struct bk_common *common, const char *operand,
			   const struct bk_err *why);
};

/*
 * Reads argv: options in any order among the operands, -abc for -a -b -c,
 * -kARG, -k ARG, --word=ARG, --word ARG (the last two not for [ARG], which
 * needs the `=`), `--` before operands that begin with a dash; the last one
 * wins.  Afterwards argv[1..*argc) are the operands, argv[*argc] is NULL.
 * BK_MISUSE with one line that names the nearest known word; for clashes; and
 * for empty arguments and operands, which come from variables that are not set.
 * --help ends the reading at once, and with it or another of the last four
 * members of *common neither operands nor clashes are checked.
 */
int bk_opt_parse(const struct bk_tool *tool, struct bk_common *common,
		 int *argc, char **argv, struct bk_err *err);

/* The --help text. */
void bk_opt_help(const struct bk_tool *tool, FILE *out);

/* ---- for the writers of help, completions and man pages ---- */

#define BK_OPT_MAX 64

/* All options of a tool, its own first, in `out`; returns how many.  Hidden
 * ones come last and have no help text. */
size_t bk_opt_all(const struct bk_tool *tool, struct bk_common *common,
		  struct bk_opt out[BK_OPT_MAX]);

/* May the argument be left out? */
bool bk_opt_arg_optional(const struct bk_opt *opt);

/* "-r REPO", "--read-data[=N%]": the option by its word, or by its letter if
 * `letter`; appended to `out`. */
void bk_opt_spell(struct bk_buf *out, const struct bk_opt *opt, bool letter);

#endif
