/*
 * A route: one thing in front of the mail servers that says where an account
 * lives, who may log in to it and where its mail is delivered.  A move has an
 * account held there, copies what is still missing, points it to the other
 * server, and lets go.
 *
 *	dovecot-passwd      the passwd-file of a Dovecot proxy; logins, and what
 *	                    comes through its LMTP
 *	postfix-transport   a transport map of Postfix; deliveries
 *	cyrus-deny          cyr_deny(8) of a Cyrus; logins and LMTP there
 *	command             any program (bk.conf(5) says how it is called)
 *
 * Every act may be done again: what is so already stays as it is and is no
 * error.  Files are changed whole: a reader sees the old one or the new one,
 * with the owner and the mode it had, every other line byte for byte, and two
 * of us at a time lose nothing of each other.
 *
 * hold, point and back return when the act is in force: when the servers have
 * been seen to know it, or after as long as they take to notice.  With several
 * routes the bk_routes_ functions wait for all of them at once.
 *
 * A route belongs to one thread at a time; each thread opens its own.  The
 * kinds of errors:
 *
 *	BK_REFUSED   this account cannot be written there; the others can
 *	BK_GONE      there is no entry for it, and none can be made up
 *	BK_BUSY      the file stayed locked, or somebody else kept changing it
 *	BK_LOST      a command did not end in time, or the servers did not
 *notice: what is in force is not known; look, or do it again BK_DENIED BK_FULL
 *BK_STARVED BK_CANCELLED BK_FAILED   as everywhere BK_MISUSE    the
 *configuration is wrong, for every account
 *
 * When an act fails, the file is as it was or as it was to be, never in
 *between.
 */

#ifndef BK_ROUTE_ROUTE_H
#define BK_ROUTE_ROUTE_H

#include <pthread.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

struct bk_route;

enum bk_route_state {
	BK_ROUTE_SOURCE,      /* as `source` says */
	BK_ROUTE_HELD,        /* as bk_route_hold() leaves it */
	BK_ROUTE_DESTINATION, /* as `destination` says */
	BK_ROUTE_NONE,        /* no entry of its own: where the default leads */
	BK_ROUTE_OTHER,       /* an entry that leads to neither */
};

enum bk_route_end {
	BK_ROUTE_TO_SOURCE,
	BK_ROUTE_TO_DESTINATION,
};

/* What a hold there stops for certain. */
enum {
	BK_ROUTE_LOGINS = 1 << 0,
	BK_ROUTE_DELIVERIES = 1 << 1,
};

/* Texts are kept by pointer as long as the route is open.  NULL and 0: as
 * usual for the type. */
struct bk_route_config {
	const char *name; /* of its section, for messages */
	const char *type; /* "dovecot-passwd" ... */
	const char *file; /* the passwd-file, the transport map's source */
	/* What an account is called there, with %u %n %d; NULL: its address. */
	const char *account;
	/* What stands there for an account that lives at that end. */
	const char *source, *destination;
	/* Words, split at blanks; no shell. */
	const char *command;  /* doveadm, postmap, cyr_deny, or the program */
	const char *config;   /* configuration folder of Postfix */
	const char *services; /* that cyr_deny denies: "imaps,lmtp,sieve" */
	const char *map;      /* type of the map that postmap makes: "hash" */
	int64_t wait_ms;      /* until the servers notice; -1: as usual */
	int64_t timeout_ms;   /* of each command */
	/* Held while a program of the type `command` runs, which need not bear
	 * another one beside it; NULL: there is none. */
	pthread_mutex_t *alone;
};

/* Checks what can be checked without an account; changes nothing. */
int bk_route_open(struct bk_route **out, const struct bk_route_config *config,
		  struct bk_err *err);
void bk_route_close(struct bk_route *route); /* NULL is fine */

const char *bk_route_name(const struct bk_route *route);

/* Bits of BK_ROUTE_LOGINS and BK_ROUTE_DELIVERIES. */
unsigned bk_route_stops(const struct bk_route *route);

/*
 * Where the account is.  *saved, in the arena, is one printable line without a
 * password in it, for bk_route_back(): the entry as it is, or that there is
 * none.  Take it before the first act and keep it; saved may be NULL.
 */
int bk_route_look(struct bk_route *route, const char *address,
		  struct bk_arena *arena, enum bk_route_state *state,
		  const char **saved, struct bk_err *err);

/* Logins are refused with the reason, which is not blank (BK_MISUSE) and loses
 * the blanks at its ends; deliveries are put off (4xx), not
 * bounced.  What Postfix was delivering when it began has ended on return; what
 * an LMTP proxy was handing on may still arrive.  Sessions go on until they are
 * kicked. */
int bk_route_hold(struct bk_route *route, const char *address,
		  const char *reason, struct bk_err *err);

/* The account lives at that end; a hold is over, and what was put off is
 * delivered. */
int bk_route_point(struct bk_route *route, const char *address,
		   enum bk_route_end end, struct bk_err *err);

/* As it was when `saved` was taken, byte for byte, hold or none; what the user
 * changed meanwhile (a password) stays. */
int bk_route_back(struct bk_route *route, const char *address,
		  const char *saved, struct bk_err *err);

/* Ends live sessions of the account.  1 done, 0 this route cannot (they end
 * themselves or the caller has other ways), -1. */
int bk_route_kick(struct bk_route *route, const char *address,
		  struct bk_err *err);

/*
 * The same at several routes: all are written first, in order, and the first
 * that fails leaves the rest; then all are waited for at a time.  The error
 * names the first that failed.
 * `saved` has one text for each.
 */
int bk_routes_hold(struct bk_route *const *routes, size_t n,
		   const char *address, const char *reason, struct bk_err *err);
int bk_routes_point(struct bk_route *const *routes, size_t n,
		    const char *address, enum bk_route_end end,
		    struct bk_err *err);

/* Goes through all of them, whatever fails, and returns the first failure. */
int bk_routes_back(struct bk_route *const *routes, size_t n,
		   const char *address, const char *const *saved,
		   struct bk_err *err);

#endif
