/*
 * ManageSieve (RFC 5804): the scripts that sort an account's incoming mail, on
 * Dovecot (Pigeonhole), Cyrus and others.  TLS by STARTTLS; used by one thread
 * at a time.
 *
 * Errors: BK_REFUSED where the server does not take what it was given, with
 * its words; BK_GONE, BK_EXISTS; BK_BUSY where it asks to come again; BK_DENIED
 * of the login, of certificates and of a server without TLS; BK_LOST,
 * BK_CANCELLED as net/wire.h, and for what is no ManageSieve: only close may
 * follow then.
 */

#ifndef BK_IMAP_SIEVE_H
#define BK_IMAP_SIEVE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/arena.h"
#include "base/buf.h"
#include "base/err.h"
#include "net/wire.h"

#define BK_SIEVE_PORT        4190
#define BK_SIEVE_SCRIPTS_MAX 1000

struct bk_sieve;

/* Connects and logs in; the link is one of sieve://HOST. */
int bk_sieve_open(struct bk_sieve **out, struct bk_link *link,
		  const struct bk_wire_login *login, struct bk_err *err);
void bk_sieve_close(struct bk_sieve *sieve); /* NULL is fine */

struct bk_sieve_name {
	const char *name;   /* UTF-8, no control characters */
	struct bk_view raw; /* as the server spells it */
	bool active;
};

/* {0} is a valid empty one. */
struct bk_sieve_names {
	struct bk_arena arena;
	struct bk_sieve_name *items; /* owned */
	size_t n, cap;
};
void bk_sieve_names_clear(struct bk_sieve_names *names);

int bk_sieve_list(struct bk_sieve *sieve, struct bk_sieve_names *out,
		  struct bk_err *err);
/* Names below are those of a list's `raw`. */
/* Puts it in `out`, 1 MiB at most. */
int bk_sieve_get(struct bk_sieve *sieve, struct bk_view name,
		 struct bk_buf *out, struct bk_err *err);
/* Writes it, or writes it anew; it stays active if it is. */
int bk_sieve_put(struct bk_sieve *sieve, struct bk_view name,
		 struct bk_view script, struct bk_err *err);
/* Would it take it?  Writes nothing: asks for room (HAVESPACE), and whether it
 * understands the script (CHECKSCRIPT), which servers of before RFC 5804 are
 * not asked. */
int bk_sieve_check(struct bk_sieve *sieve, struct bk_view name,
		   struct bk_view script, struct bk_err *err);
/* It alone is active then; an empty one: none is. */
int bk_sieve_activate(struct bk_sieve *sieve, struct bk_view name,
		      struct bk_err *err);
/* Not the active one: BK_REFUSED. */
int bk_sieve_delete(struct bk_sieve *sieve, struct bk_view name,
		    struct bk_err *err);

#endif
