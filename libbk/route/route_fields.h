/*
 * The extra fields of a line of Dovecot's passwd-file, "proxy=y host=10.0.0.2
 * ssl=any-cert": some say where the account is, the others are not ours.
 * Pure functions.
 */

#ifndef BK_ROUTE_ROUTE_FIELDS_H
#define BK_ROUTE_ROUTE_FIELDS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/buf.h"
#include "base/err.h"

/* Which fields say where: those of these texts, and proxy, proxy_maybe, host,
 * port, nologin and reason in any case. */
struct bk_route_fields {
	const char *source, *destination;
};

/* Does a line lead exactly to where `text` does? */
bool bk_route_fields_lead(const struct bk_route_fields *which,
			  struct bk_view extra, const char *text);

/* Does it have any field that says where? */
bool bk_route_fields_any(const struct bk_route_fields *which,
			 struct bk_view extra);

/* Is it as bk_route_fields_hold() makes it, whatever the reason? */
bool bk_route_fields_held(const struct bk_route_fields *which,
			  struct bk_view extra);

/* The value of a field, or an empty view with data NULL. */
struct bk_view bk_route_fields_value(struct bk_view extra, const char *key);

/* Appends the extra fields with those of `text` for those that say where. */
void bk_route_fields_point(const struct bk_route_fields *which,
			   struct bk_view extra, const char *text,
			   struct bk_buf *out);

/* The same; logins are refused with the reason, LMTP is told to try later. */
void bk_route_fields_hold(const struct bk_route_fields *which,
			  struct bk_view extra, const char *reason,
			  struct bk_buf *out);

/*
 * Appends the shape of the fields as printable text: those that say where, the
 * blanks, and a '*' for each of the others.  bk_route_fields_back() makes the
 * fields of it again with the others as they are in `extra` now.
 */
void bk_route_fields_save(const struct bk_route_fields *which,
			  struct bk_view extra, struct bk_buf *out);
void bk_route_fields_back(const struct bk_route_fields *which,
			  struct bk_view extra, const char *saved,
			  struct bk_buf *out);

#endif
