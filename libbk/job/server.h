/* Which mail server is meant, and how it is reached: [server] of bk.conf(5), or
 * a URL with options of the same keys. */

#ifndef BK_JOB_SERVER_H
#define BK_JOB_SERVER_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "job/reach_keys.h"
#include "job/settings.h"

struct bk_server_settings {
	const char *name;  /* of its section, or the same as `where` */
	const char *where; /* "imaps://mx1.example.org" */
	struct bk_reach reach;
	const char *login, *auth;     /* NULL: not said */
	const char *master_separator; /* NULL: "*" */
	const char *without;          /* capabilities; NULL: none */
	const char *sieve;     /* sieve://HOST, or "yes": the same host; NULL */
	const char *keep_uids; /* "syncapply", "no"; NULL: no */
	const char *doveadm;   /* of its HTTP API, or a command; NULL: none */
	const char *doveadm_password; /* its password or key; a place */
	const char *accounts_file;    /* that names its accounts; or NULL */
	/* What the routes before it write for its accounts; NULL: not said. */
	const char *proxy_to, *transport, *place;
	const char *smtp;     /* where mail comes in, smtp://host:port; NULL */
	uint32_t connections; /* at most at a time; 0: any number */
	uint32_t weight;      /* among several destinations; 0: not said */
	uint64_t capacity;    /* bytes of mail, at most; 0: any number */
	bool compress, views;
	const struct bk_conf_section *section; /* or NULL */
};

/* The server of that name, or of that URL: of a URL that a section has, the
 * section's.  Options are added to it. */
int bk_settings_server(struct bk_settings *settings, const char *word,
		       const struct bk_key_options *options,
		       struct bk_server_settings *out, struct bk_err *err);

/* Is it one: a section's name, or imap:// or imaps://? */
bool bk_settings_is_server(const struct bk_settings *settings,
			   const char *word);

#endif
