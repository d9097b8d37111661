/* What a mail server said until a login was done or refused, and what follows
 * from it. */

#ifndef BK_NET_WIRE_WHY_H
#define BK_NET_WIRE_WHY_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "net/link.h"
#include "net/wire.h"

#define BK_LOGIN_TEXT 300

struct bk_login_said {
	/* Its last NO, BAD or BYE, "NO [INUSE] Later", escaped; "" when it
	 * said none, or OK after it. */
	char refusal[BK_LOGIN_TEXT];
	bool greeted; /* something came */
	bool preauth; /* its greeting is one to somebody whom it knows */
	bool asked;   /* a login was answered: the last word is no OK */
};

void bk_login_said_read(struct bk_login_said *out, struct bk_view said);

/* The kind of a refusal of a login: BK_BUSY where it may pass, BK_LOST of a
 * BYE, else BK_DENIED. */
enum bk_kind bk_login_refusal_kind(const char *refusal);

/* Why the line, with what was said on it, came to no login; -1. */
int bk_wire_why(struct bk_line *line, const struct bk_login_said *said,
		const struct bk_wire_login *login, struct bk_err *err);

#endif
