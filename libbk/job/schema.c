/* The keys of bk.conf(5) and the checks of their values: see schema.h. */

#include "job/schema.h"

#include <string.h>

#include "base/limit.h"
#include "base/nearest.h"
#include "base/parse.h"
#include "base/pattern.h"
#include "base/schedule.h"
#include "imap/capability.h"
#include "job/keep.h"
#include "job/move_letter.h"
#include "job/notify.h"
#include "job/schema_checks.h"
#include "net/url.h"
#include "store/doveadm_local.h"
#include "target/spread_shape.h"

static int check_keep(const char *value, struct bk_err *err)
{
	struct bk_keep unused;

	return bk_keep_parse(value, &unused, err);
}

static int check_percent(const char *value, struct bk_err *err)
{
	uint32_t unused;

	return bk_parse_percent(value, &unused, err);
}

/* A pack ends with the block that passes it, and has offsets of 32 bits. */
static int check_pack_size(const char *value, struct bk_err *err)
{
	uint64_t size;

	if (bk_parse_size(value, &size, err) < 0)
		return -1;
	if (size < (uint64_t)1 << 20 || size > (uint64_t)2 << 30)
		return bk_fail(err, BK_MISUSE, "'%s' is not from 1M to 2G",
			       value);
	return 0;
}

static int check_schedule(const char *value, struct bk_err *err)
{
	struct bk_schedule unused;

	return bk_schedule_parse(value, &unused, err);
}

int bk_schema_check_where(const char *where, struct bk_err *err)
{
	struct bk_spread_shape shape;
	struct bk_url url = {0};
	const char *names;

	if (bk_spread_is(where))
		return bk_spread_parse(&shape, where, &names, err);
	if (!bk_url_is(where) || strncmp(where, "file:///", 8) == 0)
		return 0;
	if (bk_url_parse(&url, where, err) < 0)
		return -1;
	bk_url_clear(&url);
	return 0;
}

static int check_url(const char *value, struct bk_err *err)
{
	if (!bk_url_is(value))
		return bk_fail(err, BK_MISUSE, "'%s' is not a URL", value);
	return bk_schema_check_where(value, err);
}

static int check_where(const char *value, struct bk_err *err)
{
	if (bk_url_is(value))
		return bk_schema_check_where(value, err);
	return bk_check_path(value, err);
}

static int check_limit(const char *value, struct bk_err *err)
{
	struct bk_limit unused;

	return bk_limit_parse(value, &unused, err);
}

static int check_pin(const char *value, struct bk_err *err)
{
	if (strncmp(value, "sha256//", 8) != 0)
		return bk_fail(err, BK_MISUSE,
			       "'%s' does not begin with sha256//", value);
	return 0;
}

static int check_proxy(const char *value, struct bk_err *err)
{
	static const char *const schemes[] = {"http", "https", "socks5h",
					      "socks5", NULL};
	struct bk_url url = {0};

	if (bk_url_parse(&url, value, err) < 0)
		return -1;
	int rc = bk_check_word(url.scheme, schemes, err);
	bk_url_clear(&url);
	return rc;
}

int bk_schema_check_password(const char *spec, struct bk_err *err)
{
	static const char *const places[] = {
		"file:",       "fd:",       "command:", "env:",
		"credential:", "keyblock:", NULL};

	for (const char *const *p = places; *p; p++) {
		size_t len = strlen(*p);
		if (strncmp(spec, *p, len) == 0 && spec[len])
			return 0;
	}
	if (strcmp(spec, "prompt") == 0)
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "say where the password is, not the password itself: "
		       "file:PATH, command:COMMAND, env:NAME, credential:NAME, "
		       "fd:N, keyblock:PATH or prompt");
}

static const struct bk_conf_key repo_keys[] = {
	{"path",      check_where             },
	{"target",    NULL                    },
	{"password",  bk_schema_check_password},
	{"slot",      NULL                    },
	{"pack-size", check_pack_size         },
	{"parity",    bk_check_bool           },
	{NULL,        NULL		    },
};

/* clang-format off */
static const struct bk_conf_key job_keys[] = {
	{"store",         NULL          },
	{"repo",          NULL          },
	{"full",          check_schedule},
	{"differential",  check_schedule},
	{"keep",          check_keep    },
	{"ship",          NULL          },
	{"read-errors",   check_percent },
	{"max-shrink",    check_percent },
	{"accounts",      NULL          },
	{"accounts-file", bk_check_path },
	{"domains",       NULL          },
	{"exclude",       NULL          },
	{"before",        bk_check_hook },
	{"after",         bk_check_hook },
	{"hook-time",     bk_check_hook_time},
	{"ping",          bk_notify_check_web},
	{NULL,            NULL          },
};
/* clang-format on */

/* ---- mail servers ---- */

/* A URL of one of these schemes, and no path behind its host. */
static int check_host_url(const char *value, const char *const *schemes,
			  const char *example, struct bk_err *err)
{
	struct bk_url url = {0};

	if (!bk_url_is(value))
		return bk_fail(err, BK_MISUSE, "'%s' is not a URL; write %s",
			       value, example);
	if (bk_url_parse(&url, value, err) < 0)
		return -1;
	int rc = bk_check_word(url.scheme, schemes, err);
	if (rc == 0 && *url.path)
		rc = bk_fail(err, BK_MISUSE,
			     "%s: a mail server has no path; accounts are "
			     "named apart",
			     value);
	bk_url_clear(&url);
	return rc;
}

static int check_server_url(const char *value, struct bk_err *err)
{
	static const char *const schemes[] = {"imaps", "imap", NULL};

	return check_host_url(value, schemes, "imaps://HOST", err);
}

static int check_smtp(const char *value, struct bk_err *err)
{
	static const char *const schemes[] = {"smtp", "smtps", NULL};

	return check_host_url(value, schemes, "smtp://HOST:25", err);
}

static int check_login(const char *value, struct bk_err *err)
{
	if (strcmp(value, "user") == 0 ||
	    (strncmp(value, "master:", 7) == 0 && value[7]) ||
	    (strncmp(value, "proxy:", 6) == 0 && value[6]))
		return 0;
	return bk_fail(err, BK_MISUSE,
		       "'%s' is none of user, master:NAME and proxy:NAME",
		       value);
}

static int check_auth(const char *value, struct bk_err *err)
{
	static const char *const words[] = {"plain", "xoauth2", "oauthbearer",
					    NULL};

	return bk_check_word(value, words, err);
}

static int check_connections(const char *value, struct bk_err *err)
{
	uint64_t n;

	if (bk_parse_number(value, 1000, &n, err) < 0)
		return -1;
	return n ? 0 : bk_fail(err, BK_MISUSE, "'0' lets nobody in");
}

static int check_weight(const char *value, struct bk_err *err)
{
	uint64_t n;

	if (bk_parse_number(value, 1000000, &n, err) < 0)
		return -1;
	return n ? 0
		 : bk_fail(err, BK_MISUSE,
			   "'0' would let nothing go there; leave it out of "
			   "--to");
}

static int check_capacity(const char *value, struct bk_err *err)
{
	uint64_t size;

	if (bk_parse_size(value, &size, err) < 0)
		return -1;
	return size >= (uint64_t)1 << 20
		       ? 0
		       : bk_fail(err, BK_MISUSE, "'%s' is less than 1M", value);
}

uint32_t bk_schema_capabilities(const char *words)
{
	struct bk_names names = {0};
	uint32_t caps = 0;

	bk_names_add_words(&names, words);
	for (size_t i = 0; i < names.n; i++)
		caps |= bk_imap_cap_named(names.items[i]);
	bk_names_clear(&names);
	return caps;
}

static int check_without(const char *value, struct bk_err *err)
{
	struct bk_names names = {0};
	int rc = 0;

	bk_names_add_words(&names, value);
	for (size_t i = 0; i < names.n && rc == 0; i++)
		if (!bk_imap_cap_named(names.items[i]))
			rc = bk_fail(err, BK_MISUSE,
				     "'%s' is no capability that is used; "
				     "write it as the server does, as in "
				     "QRESYNC or COMPRESS=DEFLATE",
				     names.items[i]);
	bk_names_clear(&names);
	return rc;
}

static int check_doveadm(const char *value, struct bk_err *err)
{
	static const char *const schemes[] = {"https", "http", NULL};
	struct bk_url url = {0};

	if (bk_doveadm_is_command(value))
		return 0;
	if (!bk_url_is(value))
		return bk_fail(err, BK_MISUSE,
			       "'%s' is neither a URL nor a command; write "
			       "https://HOST:PORT, or doveadm -c FILE for the "
			       "program on this host",
			       value);
	if (bk_url_parse(&url, value, err) < 0)
		return -1;
	int rc = bk_check_word(url.scheme, schemes, err);
	if (rc == 0 && *url.path)
		rc = bk_fail(err, BK_MISUSE, "%s: leave the path out", value);
	bk_url_clear(&url);
	return rc;
}

static int check_keep_uids(const char *value, struct bk_err *err)
{
	static const char *const ways[] = {"syncapply", "no", NULL};

	return bk_check_word(value, ways, err);
}

/* ---- what lies elsewhere ---- */

/* clang-format off */
/* How any server is reached, whatever it speaks. */
#define REACH_KEYS \
	{"password",            bk_schema_check_password}, \
	{"token",               bk_schema_check_password}, \
	{"limit",               check_limit             }, \
	{"limit-down",          check_limit             }, \
	{"allow-cleartext",     bk_check_bool              }, \
	{"timeout",             bk_check_timeout           }, \
	{"ca",                  bk_check_path              }, \
	{"pin",                 check_pin               }, \
	{"client-cert",         bk_check_path              }, \
	{"client-key",          bk_check_path              }, \
	{"client-key-password", bk_schema_check_password}, \
	{"proxy",               check_proxy             }, \
	{"proxy-password",      bk_schema_check_password}

static const struct bk_conf_key target_keys[] = {
	REACH_KEYS,
	{"url",          check_url },
	{"keep",         check_keep},
	{"netrc",        bk_check_bool},
	{"known-hosts",  bk_check_path},
	{"accept-new",   bk_check_bool},
	{"ssh-key",      bk_check_path},
	{"region",       NULL      },
	{"virtual-host", bk_check_bool},
	{NULL,           NULL      },
};

static const struct bk_conf_key server_keys[] = {
	REACH_KEYS,
	{"url",              check_server_url },
	{"login",            check_login      },
	{"auth",             check_auth       },
	{"master-separator", NULL             },
	{"connections",      check_connections},
	{"weight",           check_weight     },
	{"capacity",         check_capacity   },
	{"compress",         bk_check_bool       },
	{"views",            bk_check_bool       },
	{"without",          check_without    },
	{"sieve",            bk_schema_check_sieve},
	{"keep-uids",        check_keep_uids  },
	{"doveadm",          check_doveadm    },
	{"doveadm-password", bk_schema_check_password},
	{"smtp",             check_smtp       },
	{"proxy-to",         NULL             },
	{"transport",        NULL             },
	{"place",            NULL             },
	{"accounts-file",    bk_check_path       },
	{NULL,               NULL             },
};
/* clang-format on */

/* clang-format off */
static const struct bk_conf_key notify_keys[] = {
	REACH_KEYS,
	{"mail", bk_notify_check_mail},
	{"via",  bk_notify_check_via },
	{"from", bk_notify_check_mail},
	{"users", bk_letter_check_which},
	{"users-from", bk_notify_check_mail},
	{"users-before", bk_check_path},
	{"users-after", bk_check_path},
	{"on", bk_notify_check_on},
	{"repeat", bk_notify_check_repeat},
	{"digest", check_schedule},
	{"webhook", bk_notify_check_web},
	{"ping", bk_notify_check_web},
	{"web-ca", bk_check_path},
	{NULL,   NULL                },
};
/* clang-format on */

const struct bk_conf_schema bk_schema[] = {
	{"repo",   true,  repo_keys           },
	{"store",  true,  bk_schema_store_keys},
	{"job",    true,  job_keys            },
	{"target", true,  target_keys         },
	{"server", true,  server_keys         },
	{"notify", false, notify_keys         },
	{"route",  true,  bk_schema_route_keys},
	{NULL,     false, NULL                },
};

int bk_schema_check_key(const char *type, const char *key, const char *value,
			struct bk_err *err)
{
	const struct bk_conf_schema *section = bk_schema;
	struct bk_nearest near;

	while (strcmp(section->type, type) != 0)
		section++;
	bk_nearest_init(&near, key);
	for (const struct bk_conf_key *k = section->keys; k->name; k++) {
		if (strcmp(k->name, key) == 0)
			return k->check ? k->check(value, err) : 0;
		bk_nearest_offer(&near, k->name);
	}
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "unknown key; did you mean '%s'?", near.best);
	return bk_fail(err, BK_MISUSE, "unknown key; see [%s] in bk.conf(5)",
		       type);
}

/* Is there a [type name]?  A path, URL or "maildir:..." needs no section. */
static int check_name(const struct bk_conf *conf, const char *type,
		      const char *name, struct bk_err *err)
{
	const struct bk_conf_section *s = NULL;
	struct bk_nearest near;

	if (strpbrk(name, "/:") || bk_conf_find(conf, type, name) ||
	    (strcmp(type, "store") == 0 && bk_conf_find(conf, "server", name)))
		return 0;
	bk_nearest_init(&near, name);
	while ((s = bk_conf_next(conf, type, s)))
		bk_nearest_offer(&near, s->name);
	if (near.best)
		return bk_fail(err, BK_MISUSE,
			       "there is no [%s %s]; did you mean '%s'?", type,
			       name, near.best);
	return bk_fail(err, BK_MISUSE, "there is no [%s %s]", type, name);
}

static int check_entry(const struct bk_conf *conf,
		       const struct bk_conf_section *job, const char *key,
		       const char *type, struct bk_err *err)
{
	const struct bk_conf_entry *entry = bk_conf_get(job, key);
	struct bk_names names = {0};
	int rc = 0;

	if (!entry)
		return 0;
	if (strcmp(key, "ship") == 0)
		bk_names_add_words(&names, entry->value);
	else
		bk_names_add(&names, entry->value);
	for (size_t i = 0; rc == 0 && i < names.n; i++)
		rc = check_name(conf, type, names.items[i], err);
	bk_names_clear(&names);
	return rc < 0 ? bk_conf_blame(entry, err) : 0;
}

int bk_schema_check_names(const struct bk_conf *conf, struct bk_err *err)
{
	const struct bk_conf_section *job = NULL, *repo = NULL, *store = NULL;
	const struct bk_conf_section *route = NULL;

	while ((repo = bk_conf_next(conf, "repo", repo)))
		if (check_entry(conf, repo, "target", "target", err) < 0)
			return -1;
	while ((store = bk_conf_next(conf, "store", store)))
		if (check_entry(conf, store, "server", "server", err) < 0)
			return -1;
	while ((route = bk_conf_next(conf, "route", route)))
		if (check_entry(conf, route, "server", "server", err) < 0)
			return -1;
	while ((job = bk_conf_next(conf, "job", job)))
		if (check_entry(conf, job, "store", "store", err) < 0 ||
		    check_entry(conf, job, "repo", "repo", err) < 0 ||
		    check_entry(conf, job, "ship", "target", err) < 0)
			return -1;
	return 0;
}
