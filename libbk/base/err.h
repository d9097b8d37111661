/*
 * What went wrong: a kind for the caller, which says what to do now, and a
 * text for people, built outermost first by adding context on the way out:
 * "set home: pack 8f3a: block 17: wrong seal".
 */

#ifndef BK_BASE_ERR_H
#define BK_BASE_ERR_H

#include <stdint.h>

#define BK_ERR_TEXT_MAX 768

enum bk_kind {
	BK_OK,
	BK_GONE,      /* what was named is not there: treat it as absent */
	BK_EXISTS,    /* it is already there: use it, or pick another name */
	BK_REFUSED,   /* this one item was turned down: note it, go on */
	BK_FULL,      /* no room left in this place: stop writing to it */
	BK_BUSY,      /* locked or throttled: wait, then try again */
	BK_LOST,      /* the session broke: reopen it, then try again */
	BK_DENIED,    /* credentials or permissions: a person must act */
	BK_NO_KEY,    /* no password or key that was given opens it */
	BK_CORRUPT,   /* a check failed: never retry, never skip silently */
	BK_NEWER,     /* made by a newer version: upgrade this host first */
	BK_MISUSE,    /* the request itself makes no sense */
	BK_UNSAFE,    /* a safety stop: a person must say that it is meant */
	BK_CANCELLED, /* we were asked to stop */
	BK_STARVED,   /* this host lacks what any work needs: end the run */
	BK_FAILED,    /* none of the above */
};

/* Where there are two ends: which of them failed. */
enum bk_end {
	BK_END_UNTOLD,
	BK_END_SOURCE,
	BK_END_DESTINATION,
};

/* The caller's, never NULL, untouched on success.  {0} is a valid empty one. */
struct bk_err {
	enum bk_kind kind;
	/* Said by who works with two of them: bk_err_at().  bk_fail() makes it
	 * UNTOLD. */
	enum bk_end end;
	/* With BK_BUSY, BK_LOST: a server asked to be left alone for so many
	 * seconds (Retry-After); 0: it did not say.  Set it after bk_fail(),
	 * which makes it 0. */
	uint32_t retry_after_s;
	char text[BK_ERR_TEXT_MAX]; /* NUL-terminated UTF-8; cut when too long
				     */
};

/* Both set *err and return -1, so that `return bk_fail(...)` reads well. */
int bk_fail(struct bk_err *err, enum bk_kind kind, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* The kind follows from errno; ": No such file or directory" is appended. */
int bk_fail_errno(struct bk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The same for results that could not be written to stdout.  Who closed the
 * pipe has read enough: that is BK_LOST without a text, and no failure of a
 * tool. */
int bk_fail_output(struct bk_err *err, const char *what);

/* Puts "context: " before the text, unless that is what it begins with; keeps
 * the rest; returns -1. */
int bk_context(struct bk_err *err, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

/* The end that it came from, unless that is told already; returns -1. */
int bk_err_at(struct bk_err *err, enum bk_end end);

/* The kind that an errno value stands for. */
enum bk_kind bk_kind_of_errno(int number);

#endif
